<#
.SYNOPSIS
  Installs InfiniService, the Slipway agent, as a Windows service; running it again updates it and keeps what is configured.
.DESCRIPTION
  Needs an administrator. Takes infiniservice.exe from -From, from this script's folder or from C:\Temp\InfiniService; else
  downloads it from -Url. The digest comes from -Sha256 or INFINISERVICE_SHA256 (the answer file has it), else from the
  metadata beside the agent, with a warning. For Windows PowerShell 5.1 and later.
.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install-windows.ps1 -ServiceMode normal -VmId 3f6c... -Url http://192.0.2.1:4000
#>
[CmdletBinding()]
param(
  [ValidateSet('normal')][string]$ServiceMode = 'normal',
  [ValidatePattern('^[A-Za-z0-9._-]{0,128}$')][string]$VmId = '',
  [string]$Url = $env:INFINISERVICE_URL,
  [string]$From = '',
  [string]$Sha256 = $env:INFINISERVICE_SHA256
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$publicKey = '@@PUBLIC_KEY@@'
$serviceHost = @'
@@SERVICE_HOST@@
'@
$folder = Join-Path -Path $env:ProgramFiles -ChildPath 'Infiniservice'
$settings = Join-Path -Path $env:ProgramData -ChildPath 'Infiniservice'
$staging = 'C:\Temp\InfiniService'
$installLog = 'C:\Windows\Temp\infiniservice_install.log'
$downloadLog = 'C:\Windows\Temp\infiniservice_download.log'
$serviceKey = 'HKLM:\SYSTEM\CurrentControlSet\Services\Infiniservice'
$sourceKey = 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\Infiniservice'

function Write-Log {
  param([string]$Message, [string]$Path = $installLog)
  Write-Host -Object $Message # not Write-Output: that would become part of what functions return
  $line = '{0} {1}' -f [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ'), $Message
  Add-Content -LiteralPath $Path -Value $line -Encoding UTF8 -ErrorAction SilentlyContinue
}

function Assert-Administrator {
  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $principal = New-Object -TypeName Security.Principal.WindowsPrincipal -ArgumentList $identity
  if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    throw 'this must run as administrator; start PowerShell with "Run as administrator"'
  }
  if (-not [Environment]::Is64BitOperatingSystem) { throw 'the agent is built for 64-bit Windows' }
}

function Get-Remote {
  param([string]$Path, [string]$To)
  if ([string]::IsNullOrEmpty($Url)) { return $false }
  $headers = @{}
  if (-not [string]::IsNullOrEmpty($env:INFINISERVICE_TOKEN)) { $headers['Authorization'] = 'Bearer ' + $env:INFINISERVICE_TOKEN }
  $address = $Url.TrimEnd('/') + '/infiniservice/' + $Path
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  foreach ($try in 1..3) {
    try {
      Invoke-WebRequest -Uri $address -OutFile $To -Headers $headers -UseBasicParsing -TimeoutSec 600
      Write-Log -Message "downloaded $address" -Path $downloadLog
      return $true
    } catch {
      Write-Log -Message "try $try of 3 for $address failed: $($_.Exception.Message)" -Path $downloadLog
      Start-Sleep -Seconds (2 * $try)
    }
  }
  throw "$address could not be downloaded; $downloadLog has the reasons"
}

# Copies the first local file of that name, else downloads it; returns 'local', 'server' or ''.
function Get-Artifact {
  param([string]$Name, [string]$Remote, [string]$To)
  $places = @($From, $PSScriptRoot, $staging) | Where-Object -FilterScript { -not [string]::IsNullOrEmpty($_) }
  if (-not [string]::IsNullOrEmpty($From)) { $places = @($From) }
  foreach ($place in $places) {
    $file = Join-Path -Path $place -ChildPath $Name
    if (Test-Path -LiteralPath $file -PathType Leaf) {
      Copy-Item -LiteralPath $file -Destination $To -Force
      return 'local'
    }
  }
  if ([string]::IsNullOrEmpty($From) -and (Get-Remote -Path $Remote -To $To)) { return 'server' }
  return ''
}

function Get-ExpectedDigest {
  param([string]$Work)
  if (-not [string]::IsNullOrEmpty($Sha256)) { return $Sha256.ToLowerInvariant() }
  $file = Join-Path -Path $Work -ChildPath 'metadata.json'
  if ((Get-Artifact -Name 'metadata.json' -Remote 'metadata' -To $file) -eq '') { return '' }
  $metadata = Get-Content -LiteralPath $file -Raw -Encoding UTF8 | ConvertFrom-Json
  $found = @($metadata.artifacts | Where-Object -FilterScript { $_.platform -eq 'windows' -and $_.arch -eq 'x64' -and $_.kind -eq 'binary' })
  if ($found.Count -ne 1) { return '' }
  Write-Warning -Message 'the digest comes from the same place as the agent; give -Sha256 from a trusted place'
  return [string]$found[0].sha256
}

function Assert-Digest {
  param([string]$File, [string]$Origin, [string]$Work)
  $actual = (Get-FileHash -LiteralPath $File -Algorithm SHA256).Hash.ToLowerInvariant()
  $expected = Get-ExpectedDigest -Work $Work
  if ($expected -eq '' -and $Origin -eq 'server') { throw 'nothing tells the digest of what was downloaded; give -Sha256' }
  if ($expected -eq '') {
    Write-Warning -Message "no digest was given for the local file; its SHA-256 is $actual"
    return
  }
  if ($actual -ne $expected) {
    throw "the agent's digest is $actual and not $expected; nothing was changed. Download it again, or ask who serves it"
  }
}

function Assert-Signature {
  param([string]$File)
  $verifier = Get-Command -Name 'minisign.exe' -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
  if ($null -eq $verifier -or $publicKey.Length -ne 56) { return }
  if ((Get-Artifact -Name 'infiniservice.exe.minisig' -Remote 'windows/signature' -To "$File.minisig") -eq '') {
    Write-Warning -Message 'no signature was found to verify'
    return
  }
  & $verifier.Source -V -q -P $publicKey -m $File
  if ($LASTEXITCODE -ne 0) { throw "the agent's signature is not of the key that this script knows; nothing was changed" }
}

function Stop-Agent {
  $service = Get-Service -Name 'Infiniservice' -ErrorAction SilentlyContinue
  if ($null -eq $service) { return }
  Stop-Service -Name 'Infiniservice' -Force
  $service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(60))
}

# Only SYSTEM and administrators, whatever ProgramData hands down; by SID, because names are translated.
function Protect-Path {
  param([string]$Path, [string]$Inherit)
  & "$env:SystemRoot\System32\icacls.exe" $Path '/inheritance:r' '/grant:r' "*S-1-5-18:${Inherit}F" "*S-1-5-32-544:${Inherit}F" | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "the permissions of $Path could not be set" }
}

function Install-Files {
  param([string]$Agent)
  New-Item -ItemType Directory -Path $folder -Force | Out-Null
  New-Item -ItemType Directory -Path $settings -Force | Out-Null
  Protect-Path -Path $settings -Inherit '(OI)(CI)'
  foreach ($name in 'infiniservice.exe.new', 'infiniservice.exe.trial', 'infiniservice.exe.returned') {
    Remove-Item -LiteralPath (Join-Path -Path $folder -ChildPath $name) -Force -ErrorAction SilentlyContinue
  }
  Copy-Item -LiteralPath $Agent -Destination (Join-Path -Path $folder -ChildPath 'infiniservice.exe') -Force
  [IO.File]::WriteAllBytes((Join-Path -Path $folder -ChildPath 'infiniservice-host.exe'), [Convert]::FromBase64String($serviceHost))
}

function Save-Secret {
  if ([string]::IsNullOrEmpty($env:INFINISERVICE_SHARED_SECRET)) { return }
  if ($env:INFINISERVICE_SHARED_SECRET -notmatch '^[A-Za-z0-9]{16,256}$') { throw 'INFINISERVICE_SHARED_SECRET is 16 to 256 letters and digits' }
  $file = Join-Path -Path $settings -ChildPath 'agent.env'
  Set-Content -LiteralPath $file -Value ('INFINISERVICE_SHARED_SECRET=' + $env:INFINISERVICE_SHARED_SECRET) -Encoding ASCII
  Protect-Path -Path $file -Inherit ''
}

function Install-Service {
  $program = Join-Path -Path $folder -ChildPath 'infiniservice-host.exe'
  if ($null -eq (Get-Service -Name 'Infiniservice' -ErrorAction SilentlyContinue)) {
    New-Service -Name 'Infiniservice' -BinaryPathName "`"$program`"" -DisplayName 'InfiniService' -Description 'The Slipway agent: scripts, metrics, health' -StartupType Automatic | Out-Null
  } else {
    Set-ItemProperty -LiteralPath $serviceKey -Name 'ImagePath' -Value "`"$program`"" -Type ExpandString
    Set-Service -Name 'Infiniservice' -StartupType Automatic
  }
  # Should the service host itself fail: start it again after 5, 30 and 60 seconds.
  & "$env:SystemRoot\System32\sc.exe" failure Infiniservice reset= 86400 actions= restart/5000/restart/30000/restart/60000 | Out-Null
  if ($LASTEXITCODE -ne 0) { throw 'the recovery of the service could not be set' }
  # EventCreate.exe has the message text for any event with one string.
  New-Item -Path $sourceKey -Force | Out-Null
  Set-ItemProperty -LiteralPath $sourceKey -Name 'EventMessageFile' -Value '%SystemRoot%\System32\EventCreate.exe' -Type ExpandString
  Set-ItemProperty -LiteralPath $sourceKey -Name 'TypesSupported' -Value 7 -Type DWord
}

function Save-VmId {
  if ($VmId -eq '') {
    if ([string]::IsNullOrEmpty([Environment]::GetEnvironmentVariable('INFINIBAY_VM_ID', 'Machine'))) {
      Write-Warning -Message 'no -VmId was given; the agent does not start without one'
    }
    return
  }
  [Environment]::SetEnvironmentVariable('INFINIBAY_VM_ID', $VmId, 'Machine')
  # Services see machine variables only after the next boot; this one is theirs at once.
  Set-ItemProperty -LiteralPath $serviceKey -Name 'Environment' -Value @("INFINIBAY_VM_ID=$VmId") -Type MultiString
}

$work = Join-Path -Path ([IO.Path]::GetTempPath()) -ChildPath ('infiniservice-' + [Guid]::NewGuid().ToString('N'))
try {
  Assert-Administrator
  Write-Log -Message "installing InfiniService for windows-x64 (mode $ServiceMode)"
  New-Item -ItemType Directory -Path $work -Force | Out-Null
  $agent = Join-Path -Path $work -ChildPath 'infiniservice.exe'
  $origin = Get-Artifact -Name 'infiniservice.exe' -Remote 'windows/binary' -To $agent
  if ($origin -eq '') { throw 'no agent beside this script, and no download: give -Url http://HOST:4000, or -From FOLDER' }
  Assert-Digest -File $agent -Origin $origin -Work $work
  Assert-Signature -File $agent
  $version = & $agent --version
  if ($LASTEXITCODE -ne 0) { throw 'the agent does not start here' }
  Stop-Agent
  Install-Files -Agent $agent
  Save-Secret
  Install-Service
  Save-VmId
  Start-Service -Name 'Infiniservice'
  if (Test-Path -LiteralPath $staging) { Remove-Item -LiteralPath $staging -Recurse -Force }
  Write-Log -Message "installed version $version and started; Get-Service Infiniservice shows it"
} catch {
  Write-Log -Message "install-windows.ps1: failed: $($_.Exception.Message)"
  exit 1
} finally {
  Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
}
