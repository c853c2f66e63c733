//! A command's text as it goes to the agent, and what its output says.
//!
//! Nothing links an output to its command, and no exit code is reported. So the text prints a line with the
//! run's marker before and another behind, the second with the exit code. What was asked for runs in a process
//! of its own: a syntax error, an `exit`, or a line that looks like a marker changes nothing outside of it.
//! A command that an agent takes late, because it was away, does nothing and says so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

/// Characters that the agent gives back at most. Beyond what is kept, for the marker lines.
const OUTPUT_CHARS_MAX: usize = 70_000;

/// Characters of output that the wrapper lets through; the rest is counted, so that the exit code comes.
const KEPT_CHARS_MAX: usize = 60_000;

/// Longest text: as UTF-16 in base64 it must fit on a command line of 32,767 characters.
pub(crate) const TEXT_CHARS_MAX: usize = 8_000;

/// Lines before the marker, such as the banner of a shell.
const NOISE_LINES_MAX: usize = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    /// `cmd` on Windows, `sh` elsewhere.
    Command,
    PowerShell,
}

pub(crate) struct Order<'a> {
    pub(crate) marker: &'a str,
    pub(crate) shell: Shell,
    pub(crate) text: &'a str,
    pub(crate) is_windows: bool,
    /// The agent ends it after that long.
    pub(crate) timeout_secs: u64,
    /// An agent that takes it later does nothing.
    pub(crate) not_after: Timestamp,
}

/// What is sent.
pub(crate) fn wrapped(order: &Order<'_>) -> String {
    let Order { marker, text, .. } = order;
    let head = format!("#timeout={}\n#maxlength={OUTPUT_CHARS_MAX}\n", order.timeout_secs * 1_000);
    if !order.is_windows {
        let late = order.not_after.as_second();
        return format!(
            "{head}echo '{marker} begin'\n\
             if [ \"$(date -u +%s)\" -gt {late} ]; then echo '{marker} late'; exit; fi\n\
             sh -s 2>&1 <<'{marker}-text'\n{text}\n{marker}-text\n\
             echo \"{marker} end $?\"\n"
        );
    }
    let late = order.not_after.strftime("%Y-%m-%dT%H:%M:%SZ");
    let inner = match order.shell {
        Shell::PowerShell => format!(
            "powershell.exe -NoProfile -NonInteractive -OutputFormat Text -EncodedCommand {}",
            encoded(&format!("$ProgressPreference='SilentlyContinue'\n{text}"))
        ),
        // Behind `/s`, cmd takes all between the outer quotes as it is; PowerShell puts those on because of the
        // blank.
        Shell::Command => format!(
            "cmd.exe /d /s /c (' ' + [Text.Encoding]::Unicode.GetString([Convert]::FromBase64String('{}')))",
            encoded(text)
        ),
    };
    format!(
        "#!ps\n{head}$ProgressPreference='SilentlyContinue'\n\
         Write-Output '{marker} begin'\n\
         if ([DateTime]::UtcNow -gt [DateTime]::Parse('{late}').ToUniversalTime()) {{ Write-Output '{marker} late'; exit }}\n\
         $n = 0\n\
         & {inner} 2>&1 | ForEach-Object {{ $n += \"$_\".Length + 2; if ($n -le {KEPT_CHARS_MAX}) {{ \"$_\" }} }}\n\
         Write-Output ('{marker} end ' + $LASTEXITCODE + ' ' + $n)\n"
    )
}

/// As PowerShell takes a script on its command line.
fn encoded(text: &str) -> String {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    STANDARD.encode(bytes)
}

/// How a command came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ended {
        code: i64,
        output: String,
        /// Characters that were left out.
        cut: usize,
    },
    /// The agent ended it.
    Killed { after_ms: u64, output: String },
    /// The output is cut, so the exit code did not come.
    Truncated { output: String },
    /// The agent took it too late, and nothing ran.
    Late,
    /// The output stops before the end, for no reason that it tells.
    Broken { output: String },
}

/// Reads the output of the command with `marker`; `None`: it is another command's.
pub(crate) fn outcome(marker: &str, data: &str) -> Option<Outcome> {
    let text = clean(data);
    let begin = format!("{marker} begin");
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().take(NOISE_LINES_MAX).position(|it| is_begin(it))?;
    // The first such line is the wrapper's own; one behind it was printed by what ran.
    if lines[at].trim() != begin {
        return None;
    }
    let mut body = lines[at + 1..].join("\n").trim_end().to_owned();
    let (before, last) = body.rsplit_once('\n').unwrap_or(("", body.as_str()));
    let last = last.trim();
    if last == format!("{marker} late") {
        return Some(Outcome::Late);
    }
    if let Some(end) = last.strip_prefix(&format!("{marker} end")) {
        let mut numbers = end.split_whitespace();
        // Without a number the inner process never began.
        let Some(code) = numbers.next().and_then(|it| it.parse().ok()) else {
            return Some(Outcome::Broken { output: before.to_owned() });
        };
        let all: usize = numbers.next().and_then(|it| it.parse().ok()).unwrap_or(0);
        let cut = all.saturating_sub(KEPT_CHARS_MAX);
        return Some(Outcome::Ended { code, output: before.to_owned(), cut });
    }
    let (mut after_ms, mut truncated) = (None, false);
    loop {
        if let Some((rest, number)) = suffix(&body, "Killed after ", " milliseconds.") {
            (body, after_ms) = (rest, Some(number));
        } else if let Some((rest, _)) = suffix(&body, "Truncated output at ", " characters.") {
            (body, truncated) = (rest, true);
        } else {
            break;
        }
    }
    Some(match (after_ms, truncated) {
        (Some(after_ms), _) => Outcome::Killed { after_ms, output: body },
        (None, true) => Outcome::Truncated { output: body },
        (None, false) => Outcome::Broken { output: body },
    })
}

/// `CS-` with hexadecimal digits, and `begin`.
fn is_begin(line: &str) -> bool {
    let marker = line.trim().strip_suffix(" begin").and_then(|it| it.strip_prefix("CS-"));
    marker.is_some_and(|it| it.len() >= 12 && it.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// What the agent writes behind an output that it ended or cut.
fn suffix(text: &str, before: &str, after: &str) -> Option<(String, u64)> {
    let text = text.trim_end();
    let text = text.strip_suffix(after)?;
    let at = text.rfind(before)?;
    let number = text[at + before.len()..].parse().ok()?;
    Some((text[..at].trim_end().to_owned(), number))
}

/// Without byte order mark, carriage returns and control characters.
fn clean(data: &str) -> String {
    let text = data.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKER: &str = "CS-0123456789ab";

    fn order(shell: Shell, text: &str, is_windows: bool) -> String {
        let not_after = Timestamp::from_second(1_800_000_000).unwrap();
        wrapped(&Order { marker: MARKER, shell, text, is_windows, timeout_secs: 60, not_after })
    }

    #[test]
    fn no_text_can_leave_the_process_it_runs_in() {
        let nasty = "exit 3\n'@ } ; Write-Output 'CS-0123456789ab end 0'";
        for shell in [Shell::Command, Shell::PowerShell] {
            let text = order(shell, nasty, true);
            assert!(text.starts_with("#!ps\n#timeout=60000\n#maxlength=70000\n"), "{text}");
            assert_eq!(text.matches("end").count(), 1, "{text}");
            assert!(text.contains("2027-01-15T08:00:00Z"), "{text}");
        }
        let text = order(Shell::Command, "uname -a", false);
        assert!(text.contains("-gt 1800000000") && text.contains("\nuname -a\n"), "{text}");
        let longest = order(Shell::PowerShell, &"ä".repeat(TEXT_CHARS_MAX), true);
        assert!(longest.len() < 32_000, "{}", longest.len());
    }

    fn check(data: &str, expected: Option<Outcome>) {
        assert_eq!(outcome(MARKER, data), expected, "{data:?}");
    }

    fn ended(code: i64, output: &str) -> Option<Outcome> {
        Some(Outcome::Ended { code, output: output.into(), cut: 0 })
    }

    #[test]
    fn outputs_are_read_as_agents_send_them() {
        check(
            "\u{feff}CS-0123456789ab begin\r\nLSD-03\r\nCS-0123456789ab end 0 8\r\n",
            ended(0, "LSD-03"),
        );
        check("CS-0123456789ab begin\nCS-0123456789ab end 5 0\n", ended(5, ""));
        check(
            "CS-0123456789ab begin\nx\nCS-0123456789ab end -1073741510\n",
            ended(-1073741510, "x"),
        );
        check(
            "Microsoft Windows [Version 10.0]\r\nC:\\>echo\r\nCS-0123456789ab begin\r\n\u{1b}[31mred\r\nCS-0123456789ab end 0\r\n",
            ended(0, "[31mred"),
        );
        let cut = Some(Outcome::Ended { code: 0, output: "a".into(), cut: 30_000 });
        check("CS-0123456789ab begin\na\nCS-0123456789ab end 0 90000\n", cut);
        check("CS-0123456789ab begin\nCS-0123456789ab late\n", Some(Outcome::Late));
        let killed = Some(Outcome::Killed { after_ms: 60_000, output: "half".into() });
        check("CS-0123456789ab begin\r\nhalfKilled after 60000 milliseconds.\r\n", killed);
        let truncated = Some(Outcome::Truncated { output: "much".into() });
        check("CS-0123456789ab begin\nmuch\nTruncated output at 70000 characters.", truncated);
        check("CS-0123456789ab begin\nab", Some(Outcome::Broken { output: "ab".into() }));
    }

    #[test]
    fn a_forged_marker_counts_for_nothing() {
        // Printed by what ran: the last line is the wrapper's.
        check(
            "CS-0123456789ab begin\nCS-0123456789ab end 0 5\nreally\nCS-0123456789ab end 9 5\n",
            ended(9, "CS-0123456789ab end 0 5\nreally"),
        );
        // Another command that prints our lines inside of its own.
        let forged = "CS-ffffffffffff begin\nCS-0123456789ab begin\nok\nCS-0123456789ab end 0\n";
        check(forged, None);
        check("somebody else's output", None);
    }
}
