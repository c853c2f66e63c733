//! `countersign ask` and `countersign chat`: the bot in a terminal.

use std::path::Path;
use std::time::Duration;

use countersign::conversation::{Body, Inbound, Thread};
use countersign::directory::{Account, Person, Platform};
use countersign::ids::ConversationId;
use countersign::ports::{ApprovalFilter, Line, LineBody, RunFilter};
use countersign::reply::{Block, Tone};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::watch;

use super::{Outcome, Trouble, print, speaker, start};
use crate::bot::Bot;
use crate::cli::{AsArgs, AskArgs, DONE, FAILED, NOT_DONE};
use crate::refresh;
use crate::terminal::Printer;

/// How often the transcript is looked at while something runs.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Lines of a conversation that are looked at.
const LINES_MAX: u32 = 200;

pub(super) async fn run(config: &Path, args: AskArgs) -> Outcome {
    let bot = start(config).await?;
    let person = speaker(&bot.engine, args.who.person.as_deref())?.clone();
    first_sync(&bot).await;
    let talk = Talk::new(&bot, &person, &args.conversation);
    let mut printer = Printer::default();
    // What was said before is not printed again.
    printer.fresh(talk.lines().await?);
    talk.say(&args.text).await?;
    loop {
        bot.workers.drain().await?;
        // Looked at before the lines, so that what a bot beside this one says at last is printed.
        let (busy, waiting) = (talk.is_busy().await?, talk.waits().await?);
        print(&printer.fresh(talk.lines().await?))?;
        let is_done = !busy && (!waiting || !args.wait);
        if is_done {
            let said = talk.lines().await?.last().map_or(DONE, came_to);
            return Ok(if waiting && said == DONE { NOT_DONE } else { said });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

pub(super) async fn chat(config: &Path, args: AsArgs) -> Outcome {
    let bot = start(config).await?;
    let person = speaker(&bot.engine, args.person.as_deref())?.clone();
    first_sync(&bot).await;
    let (stop, stopped) = watch::channel(false);
    let workers =
        tokio::spawn(std::sync::Arc::clone(&bot.workers).serve(bot.store.changes(), stopped));
    let talk = Talk::new(&bot, &person, &uuid::Uuid::now_v7().simple().to_string());
    print(&format!(
        "You are {}. Write “help” to see what I can do; an empty line or Ctrl-D ends.\n",
        person.name
    ))?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut printer = Printer::default();
    loop {
        tokio::select! {
            line = lines.next_line() => match line?.filter(|line| !line.trim().is_empty()) {
                None => break,
                Some(line) => talk.say(&line).await?,
            },
            _ = tokio::time::sleep(LOOK_EVERY) => {}
        }
        print(&printer.fresh(talk.lines().await?))?;
    }
    // What was asked last may be worked on still, or not even begun. An error says that the workers have
    // ended already.
    let _ = stop.send(true);
    workers.await?;
    bot.workers.drain().await?;
    while talk.is_unanswered().await? {
        // A bot beside this one works on it.
        tokio::time::sleep(LOOK_EVERY).await;
        bot.workers.drain().await?;
    }
    print(&printer.fresh(talk.lines().await?))?;
    Ok(DONE)
}

/// The exit code for what was said last: a failure, no, a question with answers to pick from, or an answer.
fn came_to(line: &Line) -> u8 {
    let LineBody::Message(message) = &line.body else { return DONE };
    let of = |block: &Block| match block {
        Block::Title { tone: Tone::Bad, .. } => FAILED,
        Block::Title { tone: Tone::Ended, .. } | Block::Choices { .. } => NOT_DONE,
        _ => DONE,
    };
    message.blocks.iter().map(of).find(|it| *it != DONE).unwrap_or(DONE)
}

/// A directory that was never filled would know no device at all.
async fn first_sync(bot: &Bot) {
    for provider in bot.engine.providers() {
        let state = bot.engine.store().sync_state(provider.product()).await;
        if state.is_ok_and(|state| state.finished_at.is_none())
            && let Err(error) = refresh::sync(&bot.engine, provider.as_ref(), |_| {}).await
        {
            eprintln!("countersign: the directory could not be filled: {error}");
        }
    }
}

struct Talk<'a> {
    bot: &'a Bot,
    person: &'a Person,
    thread: Thread,
}

impl<'a> Talk<'a> {
    fn new(bot: &'a Bot, person: &'a Person, name: &str) -> Self {
        let channel = person.id.to_string();
        Self {
            bot,
            person,
            thread: Thread { platform: Platform::Terminal, channel, thread: name.to_owned() },
        }
    }

    fn conversation(&self) -> ConversationId {
        self.thread.conversation()
    }

    async fn say(&self, text: &str) -> Result<(), Trouble> {
        let inbound = Inbound {
            event_id: uuid::Uuid::now_v7().simple().to_string(),
            thread: self.thread.clone(),
            account: Account { platform: Platform::Terminal, id: self.person.id.to_string() },
            body: Body::Text(text.to_owned()),
            at: self.bot.engine.now(),
        };
        self.bot.engine.receive(&inbound).await?;
        Ok(())
    }

    async fn lines(&self) -> Result<Vec<countersign::ports::Line>, Trouble> {
        Ok(self
            .bot
            .engine
            .store()
            .transcript(&self.conversation(), Some(&self.person.id), LINES_MAX)
            .await?)
    }

    /// Whether what was said last is still worked on, here or by a bot beside this one.
    async fn is_unanswered(&self) -> Result<bool, Trouble> {
        Ok(self.bot.engine.store().is_unhandled(&self.conversation()).await?)
    }

    /// Whether something of this conversation is worked on or runs.
    async fn is_busy(&self) -> Result<bool, Trouble> {
        let filter = RunFilter {
            conversation: Some(self.conversation()),
            unfinished_only: true,
            limit: 1,
            ..RunFilter::default()
        };
        let runs = self.bot.engine.store().runs(&filter).await?;
        Ok(!runs.is_empty() || self.is_unanswered().await?)
    }

    /// Whether something of this conversation waits for approval.
    async fn waits(&self) -> Result<bool, Trouble> {
        let filter = ApprovalFilter {
            state: Some("waiting"),
            conversation: Some(self.conversation()),
            limit: 1,
            ..ApprovalFilter::default()
        };
        Ok(!self.bot.engine.store().approvals(&filter).await?.is_empty())
    }
}
