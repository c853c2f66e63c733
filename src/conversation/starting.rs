//! The start of a plan: what was said of it, made moments by the one clock of its clients.

use jiff::tz::TimeZone;

use crate::conversation::ground::{Ground, Grounded};
use crate::conversation::{AnswerOption, Awaits, Question};
use crate::plan::Call;
use crate::planner::Draft;
use crate::schedule::{Calendar, ClientClock, Resolved, When, resolve};

impl Ground<'_> {
    /// The calls with the start that was asked for, if one was. Looks happen at once.
    pub(super) fn starting(&self, mut calls: Vec<Call>, drafts: &[Draft]) -> Grounded {
        let Some(when) = drafts.iter().find_map(|it| it.when.as_ref()) else {
            return Grounded::Calls(calls);
        };
        let clock = match self.clock_of(&calls) {
            Ok(clock) => clock,
            Err(why) => return Grounded::No(why),
        };
        match resolve(when, &clock, self.now) {
            Resolved::Start(start) => {
                let writes = calls.iter_mut().filter(|call| call.is_write());
                writes.for_each(|call| call.start = Some(start.clone()));
                Grounded::Calls(calls)
            }
            Resolved::No(text) => Grounded::No(text),
            Resolved::Ask { text, options } => {
                let option = |(label, when): (String, Option<When>)| AnswerOption {
                    label,
                    detail: String::new(),
                    drafts: drafts
                        .iter()
                        .map(|it| Draft { when: when.clone(), ..it.clone() })
                        .collect(),
                };
                let options = options.into_iter().map(option).collect();
                Grounded::Ask(Question { text, options, awaits: Awaits::Option })
            }
        }
    }

    /// The one clock that all clients of `calls` go by.
    fn clock_of<'c>(&'c self, calls: &'c [Call]) -> Result<ClientClock<'c>, String> {
        let mut clocks: Vec<ClientClock<'_>> = Vec::new();
        for call in calls {
            let of_targets = call.targets.iter().map(|it| (&it.client_name, Some(&it.device)));
            let named = call.client.iter().map(|it| (&it.name, None));
            for (client, device) in of_targets.chain(named) {
                let fits = |it: &&Calendar| it.client.eq_ignore_ascii_case(client);
                let calendar = self.calendars.iter().find(fits);
                let device = device.and_then(|it| self.directory.device(it));
                let site = device.and_then(|it| self.directory.site(it.site.as_ref()?));
                let of_site = site.and_then(|it| it.time_zone.as_deref());
                let zone = calendar
                    .and_then(|it| it.zone.clone())
                    .or_else(|| of_site.and_then(|name| TimeZone::get(name).ok()))
                    .unwrap_or(TimeZone::UTC);
                let clock = ClientClock { client, zone, calendar };
                match clocks.first() {
                    Some(first) if first.zone != clock.zone || first.calendar != clock.calendar => {
                        return Err(two_clocks(first.client, client));
                    }
                    _ => clocks.push(clock),
                }
            }
        }
        let tenant =
            ClientClock { client: "the whole tenant", zone: TimeZone::UTC, calendar: None };
        Ok(clocks.into_iter().next().unwrap_or(tenant))
    }
}

fn two_clocks(first: &str, second: &str) -> String {
    let (who, way_out) = match first == second {
        true => (
            format!("The sites of {first}"),
            format!("Ask for one site at a time, or give {first} a time_zone under [[clients]]."),
        ),
        false => (format!("{first} and {second}"), "Ask for one at a time.".to_owned()),
    };
    format!(
        "{who} do not go by the same clock, so I cannot tell when that is. {way_out} Nothing was started."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_of_one_client_are_not_told_as_two_clients() {
        assert_eq!(
            two_clocks("Acme", "Acme"),
            "The sites of Acme do not go by the same clock, so I cannot tell when that is. Ask for one site at a time, \
             or give Acme a time_zone under [[clients]]. Nothing was started."
        );
        assert!(two_clocks("Acme", "Bluegum Vet").starts_with("Acme and Bluegum Vet do not"));
    }
}
