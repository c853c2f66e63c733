//! The running server: takes requests off the wire, lets faults have their way, and asks the product.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Path, State as Shared};
use axum::http::request::Parts;
use axum::http::{self, HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::access;
use crate::automate;
use crate::clock::Clock;
use crate::control::{State, World};
use crate::faults::{FaultKind, Queue, Route};
use crate::fleet;
use crate::http::{Answer, Request};
use crate::journal::{Journal, LoggedRequest};
use crate::rmm::{self, Memory};
use crate::wire::{Line, Loopback};

/// Room for a task on 100,000 endpoints.
const BODY_MAX: usize = 16 << 20;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Default 1. Names, ids and outcomes follow from it.
    pub seed: u64,
    /// Default 25, at most 100,000. The story's 25 machines come first, see [`fleet::generate`].
    pub endpoints: usize,
    /// Default `127.0.0.1:0`. Loopback only.
    pub listen: SocketAddr,
    pub rmm: rmm::Switches,
    pub automate: automate::Switches,
    pub access: access::Switches,
    /// Speed of the virtual clock. Default 1, as real time; 0 stands still until [`World::advance`].
    pub time_factor: u32,
    /// Virtual time at the start. Default: the real time.
    pub began: Option<Timestamp>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            endpoints: 25,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            rmm: rmm::Switches::default(),
            automate: automate::Switches::default(),
            access: access::Switches::default(),
            time_factor: 1,
            began: None,
        }
    }
}

/// A running simulator. Dropping it or [`Simulator::stop`] ends it, open connections included.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    world: World,
    closed: Line,
    /// Dropped, it tells the server to stop.
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
    triggers: Option<JoinHandle<()>>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.triggers.iter().for_each(JoinHandle::abort);
        self.closed.cut();
    }
}

impl Simulator {
    /// Starts to listen and serve.
    ///
    /// - Fails with [`io::ErrorKind::InvalidInput`] when `listen` is not a loopback address: the simulator knows
    ///   no rights worth the name.
    /// - Fails when the port is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        if !options.listen.ip().is_loopback() {
            let problem =
                format!("the simulator listens on loopback only, not on {}", options.listen);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let began = options.began.unwrap_or_else(Timestamp::now);
        let fleet = fleet::generate(options.seed, options.endpoints, began);
        let world = World::new(State {
            clock: Clock::starting_at(began, options.time_factor),
            rmm: Memory::new(options.rmm, &fleet, began),
            automate: automate::Memory::new(options.automate, &fleet, began),
            access: access::Memory::new(options.access, &fleet, began),
            fleet,
            faults: Queue::default(),
            journal: Journal::default(),
        });
        let service = Router::new()
            .route("/portal/tickets/{id}", get(portal))
            .fallback(serve)
            .with_state(world.clone())
            .into_make_service_with_connect_info::<Line>();
        let closed = Line::default();
        let listener = Loopback { listener, closed: closed.clone() };
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            tokio::select! {
                ended = axum::serve(listener, service) => ended,
                _ = stopped => Ok(()),
            }
        });
        tracing::info!(%address, "simulator is listening");
        Ok(Self { address, world, closed, stop: Some(stop), server, triggers: None })
    }

    /// The base URL of the pretend RMM: `/v1/token` and `/api/platform/…` are below it.
    pub fn rmm_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of the pretend Automate: `/cwa/api/v1/…` is below it.
    pub fn automate_url(&self) -> String {
        self.rmm_url()
    }

    /// The address of the pretend Control: `/App_Extensions/…` is below it.
    pub fn control_url(&self) -> String {
        self.rmm_url()
    }

    /// From now on Control's triggers go to `address`, an `http://` one of this machine.
    pub fn send_control_triggers(&mut self, address: String) {
        let sending = access::triggers::send(self.world.clone(), address);
        if let Some(before) = self.triggers.replace(tokio::spawn(sending)) {
            before.abort();
        }
    }

    pub fn world(&self) -> World {
        self.world.clone()
    }

    /// Stops listening and waits until the port is free. Open connections give no more answers.
    pub async fn stop(mut self) {
        self.closed.cut();
        self.stop.take();
        // A server that failed has nothing left to stop.
        let _ = (&mut self.server).await;
    }
}

/// The page behind a ticket link. No product shows it; it gives the demo somewhere to go.
async fn portal(Shared(world): Shared<World>, Path(id): Path<String>) -> Response {
    let mut page = match world.tickets_created().into_iter().find(|it| it.id.to_string() == id) {
        Some(ticket) => Answer::text(200, &crate::portal::page(&ticket)),
        None => Answer::text(404, "No such ticket was made since the simulator started."),
    };
    page.content_type = "text/html; charset=utf-8";
    respond(page)
}

/// How a request ends.
enum Ending {
    Answer(Answer),
    /// No answer: the line goes dead.
    Cut,
    /// Half of it, then the line goes dead.
    Half(Answer),
}

async fn serve(
    Shared(world): Shared<World>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: http::Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        return respond(Answer::text(413, "Payload Too Large"));
    };
    let request = describe(parts, body.to_vec());
    let is_automate = automate::is_ours(&request.path);
    let fault = {
        let mut state = world.lock();
        let now = state.settle();
        state.journal.arrived(now);
        let route = match is_automate {
            true => Route::Automate(automate::route(&request)),
            false if access::is_ours(&request.path) => Route::Control(access::route(&request)),
            false => state.rmm.route(&request),
        };
        if is_automate {
            state.automate.enter();
        }
        state.faults.take(route).map(|kind| (kind, route))
    };
    if let Some((kind, route)) = &fault {
        tracing::debug!(?kind, ?route, "fault");
    }
    let fault = fault.map(|it| it.0);
    let ending = answer(&mut world.lock(), &request, fault.as_ref());
    if let Some(FaultKind::Slow(wait)) = &fault {
        tokio::time::sleep(*wait).await;
    }
    if is_automate {
        world.lock().automate.leave();
    }
    match ending {
        Ending::Answer(answer) => respond(answer),
        Ending::Half(answer) => respond_half(answer),
        Ending::Cut => {
            line.cut();
            respond(Answer::empty(500))
        }
    }
}

fn answer(state: &mut State, request: &Request, fault: Option<&FaultKind>) -> Ending {
    let now = state.settle();
    let ending = match fault {
        Some(FaultKind::CutBefore) => Ending::Cut,
        Some(kind) => match faulty(state, request, kind) {
            Some(answer) => Ending::Answer(answer),
            None => bend(ask(state, request), request, kind),
        },
        None => Ending::Answer(ask(state, request)),
    };
    let ending = match ending {
        Ending::Answer(answer)
            if !automate::is_ours(&request.path) && !access::is_ours(&request.path) =>
        {
            Ending::Answer(state.rmm.stamp(answer, now))
        }
        other => other,
    };
    state.journal.answered(LoggedRequest {
        method: request.method.clone(),
        path: match request.query.as_str() {
            "" => request.path.clone(),
            query => format!("{}?{query}", request.path),
        },
        status: match &ending {
            Ending::Answer(answer) => Some(answer.status),
            Ending::Cut | Ending::Half(_) => None,
        },
        at: now,
    });
    ending
}

/// The product that a path belongs to does its work.
fn ask(state: &mut State, request: &Request) -> Answer {
    match automate::is_ours(&request.path) {
        true => automate::answer(&mut state.automate_desk(), request),
        false if access::is_ours(&request.path) => {
            access::answer(&mut state.access_desk(), request)
        }
        false => rmm::answer(&mut state.rmm_desk(), request),
    }
}

fn faulty(state: &State, request: &Request, kind: &FaultKind) -> Option<Answer> {
    match automate::is_ours(&request.path) {
        true => automate::faulty(kind),
        false if access::is_ours(&request.path) => access::faulty(kind),
        false => state.rmm.faulty(request, kind),
    }
}

/// What a fault makes of the right answer.
fn bend(mut answer: Answer, request: &Request, kind: &FaultKind) -> Ending {
    Ending::Answer(match kind {
        FaultKind::CutAfterAccept => return Ending::Cut,
        FaultKind::CutMidBody => return Ending::Half(answer),
        FaultKind::TruncatedJson => {
            answer.body.truncate(answer.body.len() / 2);
            answer
        }
        FaultKind::ForeignLink => {
            answer.header("Link", "<http://elsewhere.invalid/page?cursor=2>; rel=\"next\"")
        }
        FaultKind::EndlessLink => {
            let query = if request.query.is_empty() {
                String::new()
            } else {
                format!("?{}", request.query)
            };
            answer.header(
                "Link",
                format!("<{}{}{query}>; rel=\"next\"", request.origin, request.path),
            )
        }
        FaultKind::GrowingLink => {
            let seen =
                request.parameters().get("page").and_then(|it| it.parse::<u64>().ok()).unwrap_or(1);
            answer.header(
                "Link",
                format!("<{}{}?page={}>; rel=\"next\"", request.origin, request.path, seen + 1),
            )
        }
        _ => answer,
    })
}

fn describe(parts: Parts, body: Vec<u8>) -> Request {
    let text = |name: HeaderName| {
        parts.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    };
    Request {
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        bearer: text(header::AUTHORIZATION).strip_prefix("Bearer ").map(str::to_owned),
        authorization: text(header::AUTHORIZATION).to_owned(),
        client_id: Some(text(HeaderName::from_static("clientid")).trim().to_owned())
            .filter(|it| !it.is_empty()),
        content_type: text(header::CONTENT_TYPE).to_owned(),
        control_secret: Some(text(HeaderName::from_static("ctrlauthheader")).to_owned())
            .filter(|it| !it.is_empty()),
        control_origin: Some(text(header::ORIGIN).to_owned()).filter(|it| !it.is_empty()),
        origin: format!("http://{}", text(header::HOST)),
        body,
        method: parts.method,
    }
}

/// The head promises the whole body, and half of it comes.
fn respond_half(answer: Answer) -> Response {
    let whole = answer.body.len();
    let half = Bytes::from(answer.body[..whole / 2].to_vec());
    let mut response = respond(Answer { body: Vec::new(), ..answer });
    response.headers_mut().insert(header::CONTENT_LENGTH, whole.into());
    let pieces = [Ok(half), Err(io::Error::from(io::ErrorKind::ConnectionAborted))];
    *response.body_mut() = Body::from_stream(futures::stream::iter(pieces));
    response
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    for (name, value) in answer.headers {
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    response
}
