//! What runs on the machine, fixed but for the server, the location and the sealed token, all of which were checked.
//! Written from the published facts about the agent: its services, its folder, its installer and their switches.

/// Starts the services anew, also where they hang. The exit code tells whether they run then.
pub(super) const RESTART: &str = "$ErrorActionPreference='SilentlyContinue'
$all='LTService','LTSvcMon'
$here=@(Get-Service $all)
if ($here.Count -eq 0) { 'The agent is not installed.'; $code=3 } else {
foreach ($s in $here) { sc.exe stop $s.Name | Out-Null }
Start-Sleep 5
Get-Process LTSVC,LTSvcMon,LTTray | Stop-Process -Force
Start-Sleep 2
foreach ($s in $here) { Start-Service $s.Name }
Start-Sleep 5
$bad=@(Get-Service $all | Where-Object { $_.Status -ne 'Running' } | ForEach-Object { $_.Name })
if ($bad.Count) { 'Not running after the restart: ' + ($bad -join ', '); $code=4 } else { 'The services of the agent were restarted.'; $code=0 }
}
";

/// Prints the public part of a key that stays on the machine, for what comes next.
pub(super) const SHOW_KEY: &str = "$p=New-Object Security.Cryptography.CspParameters 24
$p.KeyContainerName='Countersign'
$p.Flags='UseMachineKeyStore'
$r=New-Object Security.Cryptography.RSACryptoServiceProvider 2048,$p
$k=$r.ExportParameters($false)
'{\"Modulus\":\"'+[Convert]::ToBase64String($k.Modulus)+'\",\"Exponent\":\"'+[Convert]::ToBase64String($k.Exponent)+'\"}'
";

pub(super) const LEAVE: &str = "exit $code\n";

/// Installs the agent anew into its location. The token is opened on the machine, and struck from all that is printed;
/// its key is thrown away.
pub(super) fn reinstall(server: &str, location: i64, sealed: &str) -> String {
    format!(
        "$ErrorActionPreference='Stop'
$code=1
if ((Get-ItemProperty 'HKLM:\\SOFTWARE\\LabTech\\Service' -ErrorAction SilentlyContinue).Probe -eq 1) {{ 'This agent is a probe; it is not touched.'; exit 5 }}
$p=New-Object Security.Cryptography.CspParameters 24
$p.KeyContainerName='Countersign'
$p.Flags='UseMachineKeyStore'
$r=New-Object Security.Cryptography.RSACryptoServiceProvider $p
$t=[Text.Encoding]::ASCII.GetString($r.Decrypt([Convert]::FromBase64String('{sealed}'),$true))
$r.PersistKeyInCsp=$false
$r.Clear()
$d=Join-Path $env:windir ('Temp\\cs-'+[guid]::NewGuid())
try {{
New-Item -ItemType Directory $d | Out-Null
[Net.ServicePointManager]::SecurityProtocol=3072
$f=Join-Path $d 'agent.bin'
(New-Object Net.WebClient).DownloadFile('{server}/LabTech/Deployment.aspx?InstallerToken='+$t,$f)
if ((Get-Item $f).Length -lt 1200000) {{ throw 'The installer that came is too small to be one.' }}
$head=[IO.File]::OpenRead($f); $zip=($head.ReadByte() -eq 80) -and ($head.ReadByte() -eq 75); $head.Close()
$m=Join-Path $d 'Agent_Install.msi'; $with=''
if ($zip) {{
Add-Type -AssemblyName System.IO.Compression.FileSystem
[IO.Compression.ZipFile]::ExtractToDirectory($f,$d)
$with=' TRANSFORMS=\"'+(Join-Path $d 'Agent_Install.mst')+'\"'
}} else {{ Move-Item $f $m }}
$here=@(Get-Service 'LTService','LTSvcMon' -ErrorAction SilentlyContinue)
foreach ($s in $here) {{ sc.exe stop $s.Name | Out-Null }}
if ($here.Count) {{ Start-Sleep 5; Get-Process LTSVC,LTSvcMon,LTTray -ErrorAction SilentlyContinue | Stop-Process -Force }}
$old=Get-ItemProperty 'HKLM:\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*','HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*' -ErrorAction SilentlyContinue | Where-Object {{ $_.DisplayName -match 'LabTech|Automate' -and $_.DisplayName -match 'Agent' -and $_.PSChildName -match '^\\{{' }}
foreach ($o in $old) {{ Start-Process msiexec.exe -ArgumentList ('/x '+$o.PSChildName+' /qn /norestart') -Wait; Start-Sleep 20 }}
$done=Start-Process msiexec.exe -ArgumentList ('/i \"'+$m+'\" SERVERADDRESS={server}'+$with+' LOCATION={location} /qn /norestart') -Wait -PassThru
if ($done.ExitCode -in 0,3010) {{ 'The agent was installed anew.'; $code=0 }} else {{ 'The installer ended with '+$done.ExitCode; $code=6 }}
}} catch {{ ([string]$_).Replace($t,'[hidden]') }} finally {{ Remove-Item $d -Recurse -Force -ErrorAction SilentlyContinue }}
exit $code
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::TEXT_CHARS_MAX;

    #[test]
    fn scripts_fit_on_a_command_line() {
        let longest = "x".repeat(700);
        let reinstall = reinstall("https://automate.example.com:8443", i64::MAX, &longest);
        assert!(reinstall.chars().count() <= TEXT_CHARS_MAX, "{}", reinstall.len());
        assert!(RESTART.len() + SHOW_KEY.len() + LEAVE.len() <= TEXT_CHARS_MAX);
        assert!(reinstall.is_ascii() && !reinstall.contains("{{"), "{reinstall}");
    }
}
