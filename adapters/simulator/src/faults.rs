//! Faults on order: the next `times` answers of a route go wrong in a chosen way.

use std::time::Duration;

/// What a fault applies to: one call of a product, or several that a person would name together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// Every route, unknown paths too.
    Any,
    /// `POST /v1/token`.
    Token,
    /// `GET /v1/rate_limits`.
    RateLimits,
    /// Companies, the list and one of them.
    Companies,
    /// Sites, of all companies or of one.
    Sites,
    /// Device groups.
    Groups,
    /// The v1 device lists.
    Devices,
    /// One device, v1 or v2.
    Device,
    /// The v2 device list.
    DevicesV2,
    /// `system-state-info` of one device and the bulk `systemstate`.
    State,
    /// Processor, memory and disk usage.
    Usage,
    /// Who is online.
    Heartbeat,
    /// Patches of one device.
    Patches,
    /// Composite scripts.
    Scripts,
    /// Shell scripts.
    ShellScripts,
    /// Task definitions.
    Tasks,
    /// Task summaries, of the tenant or of one device.
    TaskSummary,
    /// `schedule-tasks`: the call that makes something happen.
    Schedule,
    /// The instances of one task.
    Instances,
    /// The results of one instance.
    Results,
    /// The ticket list and one ticket.
    Tickets,
    /// `POST` of a ticket.
    CreateTicket,
    /// `PATCH` of a ticket.
    ChangeTicket,
    /// Notes of a ticket, read and written.
    Notes,
    /// Boards, teams, priorities, sources, statuses, types, categories, tags and counts.
    Lookups,
    /// A path nobody serves.
    Unknown,
    /// A call of the pretend Automate.
    Automate(crate::automate::AutomateRoute),
    /// A call of the pretend Control.
    Control(crate::access::ControlRoute),
}

/// The bodies in which errors come; which one depends on the part of the product that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{"code":"…","message":"…"}`: automation.
    CodeMessage,
    /// A plain text sentence: the task definitions and the rate limit.
    PlainText,
    /// `{"error":"…","description":"…"}`: devices and the gateway.
    ErrorDescription,
    /// `[{"code":"…","message":"…"}]`: tickets.
    List,
    /// `{"error":{"message":"…"}}`: patching.
    Nested,
    /// `{"error":[{"code":"…","message":"…"}]}`: companies and sites.
    NestedList,
    /// `{"id":"…","message":"…"}`: device groups.
    IdMessage,
}

impl ErrorShape {
    /// All of them, for tests that go through the lot.
    pub const ALL: [Self; 7] = [
        Self::CodeMessage,
        Self::PlainText,
        Self::ErrorDescription,
        Self::List,
        Self::Nested,
        Self::NestedList,
        Self::IdMessage,
    ];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 401: the token is suddenly no good.
    Unauthorized401,
    /// 403: the key lacks something.
    Forbidden403,
    /// 404, also on lists, where it means "nothing there".
    NotFound404,
    /// 423: locked.
    Locked423,
    /// 429: too many requests, in plain text.
    TooMany429,
    /// 503: not now.
    Unavailable503,
    /// 500 with a body of this shape.
    ServerError500(ErrorShape),
    /// 500 whose text speaks of a timeout.
    Timeout500,
    /// 502 with the page of a proxy.
    Html502,
    /// 200 with the page of a firewall; nothing was done.
    Html200,
    /// The right status and half of the body.
    TruncatedJson,
    /// The right status, and the line goes dead in the middle of the body.
    CutMidBody,
    /// The right answer, this much real time later. The work is done at once: a caller who stops waiting cannot
    /// know that.
    Slow(Duration),
    /// Everything is done and recorded, then the line goes dead without an answer.
    CutAfterAccept,
    /// The line goes dead before anything was done.
    CutBefore,
    /// The right answer with a `Link` to a next page on another host.
    ForeignLink,
    /// The right answer with a `Link` to the very same page.
    EndlessLink,
    /// The right answer with a `Link` to a page never seen before, again and again.
    GrowingLink,
}

/// An order: the next `times` requests to `route` meet `kind`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub route: Route,
    pub kind: FaultKind,
    pub times: u32,
}

impl Fault {
    pub fn once(route: Route, kind: FaultKind) -> Self {
        Self { route, kind, times: 1 }
    }

    /// Until [`World::clear_faults`](crate::World::clear_faults).
    pub fn always(route: Route, kind: FaultKind) -> Self {
        Self { route, kind, times: u32::MAX }
    }
}

/// Faults wait here in the order they were given; the first that fits a request is used up first.
#[derive(Debug, Default)]
pub(crate) struct Queue(Vec<Fault>);

impl Queue {
    pub(crate) fn push(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.0.push(fault);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn take(&mut self, route: Route) -> Option<FaultKind> {
        let at = self.0.iter().position(|it| it.route == route || it.route == Route::Any)?;
        let fault = &mut self.0[at];
        let kind = fault.kind.clone();
        if fault.times != u32::MAX {
            fault.times -= 1;
        }
        if fault.times == 0 {
            self.0.remove(at);
        }
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_lasts_as_often_as_ordered_and_leaves_other_routes_alone() {
        let mut queue = Queue::default();
        queue.push(Fault { route: Route::Results, kind: FaultKind::Html502, times: 2 });
        queue.push(Fault::once(Route::Any, FaultKind::CutBefore));
        assert_eq!(queue.take(Route::Results), Some(FaultKind::Html502));
        assert_eq!(queue.take(Route::Schedule), Some(FaultKind::CutBefore));
        assert_eq!(queue.take(Route::Schedule), None);
        assert_eq!(queue.take(Route::Results), Some(FaultKind::Html502));
        assert_eq!(queue.take(Route::Results), None);
    }
}
