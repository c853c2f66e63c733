INSERT INTO touch (run, device, client, tool, at) VALUES ('r9', 'd9', 'c9', 'connectwise_rmm:cw-rmm-script-cleanup', 5);
