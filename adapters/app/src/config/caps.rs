//! `[caps]`.

use countersign::policy::Caps;
use serde::Deserialize;

use super::read::{Number, Reader};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CapsRaw {
    devices_per_hour: Option<Number>,
    devices_per_hour_per_client: Option<Number>,
    devices_per_hour_per_tool: Option<Number>,
    clients_per_plan: Option<Number>,
}

impl Reader {
    pub(super) fn caps(&mut self, raw: CapsRaw) -> Caps {
        let mut cap = |key: &str, number: Option<Number>| {
            let text = match number? {
                Number::Number(number) => number.to_string(),
                Number::Text(text) => text,
            };
            match text.trim().parse::<u32>() {
                Ok(number) if number > 0 => Some(number),
                _ => {
                    let text = format!(
                        "“{text}” is no count from 1 on; leave it out for no cap, or use the kill \
                         switch (countersign halt) to stop everything"
                    );
                    self.problem(format!("caps.{key}"), text);
                    None
                }
            }
        };
        Caps {
            devices_per_hour: cap("devices_per_hour", raw.devices_per_hour),
            devices_per_hour_per_client: cap(
                "devices_per_hour_per_client",
                raw.devices_per_hour_per_client,
            ),
            devices_per_hour_per_tool: cap(
                "devices_per_hour_per_tool",
                raw.devices_per_hour_per_tool,
            ),
            clients_per_plan: cap("clients_per_plan", raw.clients_per_plan),
        }
    }
}
