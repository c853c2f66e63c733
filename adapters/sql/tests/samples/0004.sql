INSERT INTO device_lock (device, run) VALUES ('d9', 'r9');
