//! The calls of the product that the tools are made of.

use countersign::ports::CallError;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::client::{Ask, Client, PAGE_ROWS_MAX, PRODUCT, Reply, Rows, unreadable};
use crate::condition::Condition;
use crate::right::Right;
use crate::wire::{
    Alert, ClientRow, Computer, Drive, FromRow, History, Location, Patching, Row, Running,
    ScriptRow, Service,
};

/// Ids in one query string; 100 seven-digit numbers stay far below what front doors allow in an address.
const IDS_MAX: usize = 100;

/// Newest lines of a script history that are read: more runs of one computer between two looks are not
/// to be expected.
const HISTORY_ROWS: usize = 100;

/// Services of one computer that are read; Windows has some 300.
const SERVICES_MAX: usize = 1_000;

/// Alerts that are read when they have to be filtered here.
const ALERTS_MAX: usize = 5_000;

/// Clients, locations and scripts that are read.
const LIST_MAX: usize = 20_000;

/// The MSI for Windows. Source: the community's standard client.
const WINDOWS_INSTALLER: u8 = 1;

/// Longest token that is believed; those seen have some 32 letters and digits.
const TOKEN_CHARS_MAX: usize = 120;

pub(crate) struct Api {
    pub(crate) client: Client,
}

impl Api {
    pub(crate) async fn clients(
        &self,
        condition: &Condition,
    ) -> Result<Rows<ClientRow>, CallError> {
        let ask = Ask::get("/Clients", Right::Clients, "the clients")
            .fields(ClientRow::FIELDS)
            .sorted("Name asc")
            .only(condition);
        self.client.all(&ask, LIST_MAX).await
    }

    pub(crate) async fn locations(&self) -> Result<Rows<Location>, CallError> {
        let ask = Ask::get("/Locations", Right::Clients, "the locations")
            .fields(Location::FIELDS)
            .sorted("Id asc");
        self.client.all(&ask, LIST_MAX).await
    }

    /// The computers that fit, by name; one page at most.
    pub(crate) async fn some_computers(
        &self,
        condition: &Condition,
    ) -> Result<Rows<Computer>, CallError> {
        let ask = computers(condition).fields(Computer::FIELDS).sorted("ComputerName asc");
        self.client.page(&ask, 1, PAGE_ROWS_MAX).await
    }

    /// Pages of all computers by id, for the directory.
    pub(crate) async fn computer_pages(
        &self,
        condition: &Condition,
        from: u32,
        count: u32,
        size: usize,
    ) -> Result<Rows<Computer>, CallError> {
        let ask = computers(condition).fields(Computer::FIELDS).sorted("Id asc");
        self.client.pages(&ask, from, count, size).await
    }

    pub(crate) async fn computer(&self, id: i64) -> Result<Computer, CallError> {
        let found = self.computers_by_id(&[id], Computer::DETAIL_FIELDS).await?;
        let missing =
            || CallError::NotFound { product: PRODUCT, what: format!("a computer with id {id}") };
        found.into_iter().find(|it| it.id == id).ok_or_else(missing)
    }

    /// Those that exist and may be seen, in any order.
    pub(crate) async fn computers_by_id(
        &self,
        ids: &[i64],
        fields: &'static str,
    ) -> Result<Vec<Computer>, CallError> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(IDS_MAX) {
            let ask = computers(&Condition::default()).fields(fields).sorted("Id asc").ids(some);
            let rows = self.client.page::<Computer>(&ask, 1, IDS_MAX).await?.rows;
            // A server that ignores `ids` would give all computers.
            found.extend(rows.into_iter().filter(|it| some.contains(&it.id)));
        }
        Ok(found)
    }

    /// The drives of one computer, by letter; of two rows with one letter the one read last.
    pub(crate) async fn drives(&self, computer: i64) -> Result<Vec<Drive>, CallError> {
        let what = "the drives of this computer";
        let condition = Condition::default().number("ComputerId", computer);
        // Without the condition this route lists the drives of all computers.
        let ask = Ask::get("/Computers/Drives", Right::Computers, what)
            .fields(Drive::FIELDS)
            .sorted("DriveId asc")
            .only(&condition);
        let reply = match self.client.page::<Drive>(&ask, 1, HISTORY_ROWS).await {
            Err(CallError::NotFound { .. }) => {
                // Not in the vendor's file, but served by older versions.
                let path = format!("/Computers/{computer}/Drives");
                let ask = Ask::get(path, Right::Computers, what).sorted("DriveId asc");
                self.client.page::<Drive>(&ask, 1, HISTORY_ROWS).await
            }
            other => other,
        };
        let mut drives = reply?.rows;
        drives.retain(|it| it.computer == computer);
        drives
            .sort_by(|one, other| (&one.letter, other.read_at).cmp(&(&other.letter, one.read_at)));
        drives.dedup_by(|one, other| one.letter == other.letter);
        Ok(drives)
    }

    /// The services of one computer, as of its last inventory.
    pub(crate) async fn services(&self, computer: i64) -> Result<Vec<Service>, CallError> {
        let path = format!("/Computers/{computer}/Services");
        let ask =
            Ask::get(path, Right::Computers, "the services of this computer").sorted("Name asc");
        self.client.all(&ask, SERVICES_MAX).await.map(|it| it.rows)
    }

    /// How many updates one computer lacks; `None` where nobody counted.
    pub(crate) async fn patching(&self, computer: i64) -> Result<Option<Patching>, CallError> {
        let path = format!("/Computers/{computer}/PatchingStats");
        let ask = Ask::get(path, Right::Computers, "the updates of this computer");
        let value = self.client.send(&ask).await?.ok(&ask)?.json(&ask)?;
        Ok(value.as_object().and_then(|row| Patching::from_row(Row(row))))
    }

    /// Alerts that fit, in no order. `None`: this version has no list of all alerts.
    pub(crate) async fn alerts(
        &self,
        condition: &Condition,
    ) -> Result<Option<Rows<Alert>>, CallError> {
        let ask =
            Ask::get("/Alerts", Right::Alerts, "the list of all alerts").sorted("AlertDate desc");
        match self.client.all(&ask.clone().only(condition), ALERTS_MAX).await {
            Ok(rows) => Ok(Some(rows)),
            Err(CallError::NotFound { .. }) => Ok(None),
            // That alerts can be filtered is ASSUMED; the caller looks at every row again.
            Err(CallError::Refused { .. }) if condition.text().is_some() => {
                self.client.all(&ask, ALERTS_MAX).await.map(Some)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether this version has a list of all alerts.
    pub(crate) async fn alert_list_exists(&self) -> Result<bool, CallError> {
        let ask =
            Ask::get("/Alerts", Right::Alerts, "the list of all alerts").sorted("AlertDate desc");
        match self.client.page::<Alert>(&ask, 1, 1).await {
            Ok(_) => Ok(true),
            Err(CallError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The shape of this answer is not documented.
    pub(crate) async fn computer_alerts(&self, computer: i64) -> Result<Vec<Alert>, CallError> {
        let path = format!("/Computers/{computer}/Alerts");
        let ask = Ask::get(path, Right::Alerts, "the alerts of this computer")
            .with("pageSize", PAGE_ROWS_MAX.to_string());
        let reply = self.client.send(&ask).await?;
        if reply.lacks_route() {
            let condition = Condition::default().number("Computer.Id", computer);
            let mut rows = self.alerts(&condition).await?.map(|it| it.rows).unwrap_or_default();
            rows.retain(|it| it.computer.as_ref().is_some_and(|it| it.id == Some(computer)));
            return Ok(rows);
        }
        Ok(Alert::list(&reply.ok(&ask)?.json(&ask)?))
    }

    /// One alert; `None` when there is no such alert any more.
    pub(crate) async fn alert(&self, id: i64) -> Result<Option<Alert>, CallError> {
        let ask = Ask::get(format!("/Alerts/{id}"), Right::Alerts, format!("alert {id}"));
        let reply = self.client.send(&ask).await?;
        if matches!(reply.status, 404 | 405) {
            // The alert is gone, or this version never heard of alerts: the list tells which.
            return match self.alert_list_exists().await? {
                true => Ok(None),
                false => Err(crate::client::refused(
                    "this version of Automate does not show single alerts through the API; look at it in Automate",
                )),
            };
        }
        let value = reply.ok(&ask)?.json(&ask)?;
        Ok(value.as_object().and_then(|row| Alert::from_row(Row(row))))
    }

    /// ASSUMED: no route that clears an alert is documented. Sent once; gives the status to judge.
    pub(crate) async fn delete_alert(&self, id: i64) -> Result<(Reply, Ask), CallError> {
        let ask = Ask::delete(format!("/Alerts/{id}"), Right::ClearAlerts, format!("alert {id}"));
        let reply = self.client.send(&ask).await?;
        Ok((reply, ask))
    }

    pub(crate) async fn scripts(
        &self,
        condition: &Condition,
    ) -> Result<Rows<ScriptRow>, CallError> {
        self.client.all(&scripts().only(condition), LIST_MAX).await
    }

    pub(crate) async fn script(&self, id: i64) -> Result<Option<ScriptRow>, CallError> {
        let rows = self.client.page::<ScriptRow>(&scripts().ids(&[id]), 1, IDS_MAX).await?.rows;
        Ok(rows.into_iter().find(|it| it.id == id))
    }

    /// The newest lines first.
    pub(crate) async fn history(&self, computer: i64) -> Result<Vec<History>, CallError> {
        let path = format!("/Computers/{computer}/ScriptHistory");
        let ask = Ask::get(path, Right::History, "the script history of this computer")
            .fields(History::FIELDS)
            .sorted("HistoryDate desc");
        Ok(self.client.page(&ask, 1, HISTORY_ROWS).await?.rows)
    }

    /// What runs on the computer now; nothing where the server does not tell.
    pub(crate) async fn running(&self, computer: i64) -> Result<Vec<Running>, CallError> {
        let path = format!("/Computers/{computer}/RunningScripts");
        let ask =
            Ask::get(path, Right::History, "the running scripts of this computer").sorted("Id asc");
        match self.client.page(&ask, 1, HISTORY_ROWS).await {
            Ok(rows) => Ok(rows.rows),
            Err(CallError::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Starts a script. Sent once; where the first route does not exist the second one is tried.
    pub(crate) async fn execute(&self, body: &Value) -> Result<Value, CallError> {
        let mut last = None;
        for route in ["/Batch/ScriptExecute", "/Batch/ScriptSchedule"] {
            let ask = Ask::post(route, Right::RunScripts, body.clone(), "the start of this script");
            let reply = self.client.send(&ask).await?;
            if reply.lacks_route() {
                // Proof that nothing was begun.
                last = Some(crate::client::refused(
                    "this version of Automate has no route that runs scripts",
                ));
                continue;
            }
            return reply.ok(&ask)?.json(&ask);
        }
        Err(last.unwrap_or_else(|| crate::client::refused("there is no route that runs scripts")))
    }

    /// A token that installs agents into a location. Not in the vendor's file of routes, but its body is; clients in
    /// production use it. Sent once: what comes of it when no answer comes is a token that nobody knows.
    pub(crate) async fn installer_token(&self, location: i64) -> Result<SecretString, CallError> {
        let body = json!({ "LocationId": location, "InstallerType": WINDOWS_INSTALLER });
        let ask =
            Ask::post("/RemoteAgent/Installers", Right::Installers, body, "an installer token");
        let value = self.client.send(&ask).await?.ok(&ask)?.json(&ask)?;
        let is_token = |it: &String| {
            (1..=TOKEN_CHARS_MAX).contains(&it.len())
                && it.bytes().all(|it| it.is_ascii_alphanumeric())
        };
        match value {
            Value::String(token) if is_token(&token) => Ok(SecretString::from(token)),
            _ => Err(unreadable(&ask, "it is no line of letters and digits")),
        }
    }

    /// Versions of the server's parts, which is also the cheapest call there is.
    pub(crate) async fn version(&self) -> Result<Option<String>, CallError> {
        let ask = Ask::get("/PatchInformation", Right::SignIn, "the version of the server");
        let value = self.client.json(&ask).await?;
        Ok(value.as_object().and_then(|row| Row(row).text("WebServerPatchVersion")))
    }
}

fn computers(condition: &Condition) -> Ask {
    Ask::get("/Computers", Right::Computers, "the computers").only(condition)
}

fn scripts() -> Ask {
    Ask::get("/Scripts", Right::Scripts, "the scripts").fields(ScriptRow::FIELDS).sorted("Name asc")
}
