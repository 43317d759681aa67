# Puts what is in this kit into a Docker Engine: images, volumes with their content, networks.
# What is there already is left as it is. Nothing is taken from a network.
# $env:DOCKER names the command, by default docker. Run it with: powershell -ExecutionPolicy Bypass -File restore.ps1
$ErrorActionPreference = 'Stop'
Set-Location -LiteralPath $PSScriptRoot
$script:docker = if ($env:DOCKER) { $env:DOCKER } else { 'docker' }
$script:failed = 0

function Fail([string] $reason) {
    $script:failed++
    [Console]::Error.WriteLine("restore.ps1: $reason")
}

# One word of a command line as programs on Windows take it apart: PowerShell itself does not keep quotes within words.
function Quote([string] $word) {
    if ($word -ne '' -and $word -notmatch '[\s"]') { return $word }
    '"' + (($word -replace '(\\*)"', '$1$1\"') -replace '(\\+)$', '$1$1') + '"'
}

# Runs docker with these words; what it prints is returned, and $script:code is its exit code.
function Docker([string[]] $words, [string] $file) {
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $script:docker
    $start.Arguments = (($words | ForEach-Object { Quote $_ }) -join ' ')
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardInput = [bool] $file
    $process = [System.Diagnostics.Process]::Start($start)
    if ($file) {
        $content = [System.IO.File]::OpenRead((Join-Path $PSScriptRoot $file))
        try { $content.CopyTo($process.StandardInput.BaseStream) } catch { Fail $_.Exception.Message }
        $content.Dispose()
        $process.StandardInput.Close()
    }
    $said = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    $script:code = $process.ExitCode
    $said
}

# Whether docker did these words without complaint; its messages are not shown.
function Knows([string] $kind, [string] $name) {
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $script:docker
    $start.Arguments = "$kind inspect -- " + (Quote $name)
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $reading = $process.StandardError.ReadToEndAsync()
    [void] $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    [void] $reading.Result
    $process.ExitCode -eq 0
}

function Load([string] $file) {
    Write-Output "Loading the images in $file"
    Docker @('load', '-i', $file)
    if ($script:code -ne 0) { Fail "the images in $file could not all be loaded" }
}

function Network([string] $name, [string[]] $options) {
    if (Knows 'network' $name) {
        Write-Output "Network $name is there already and is left as it is"
        return
    }
    [void] (Docker (@('network', 'create') + $options + @('--', $name)))
    if ($script:code -eq 0) { Write-Output "Network $name was made" } else { Fail "the network $name could not be made" }
}

function Volume([string] $archive, [string] $name, [string[]] $options) {
    if (Knows 'volume' $name) {
        Write-Output "Volume $name is there already and is left as it is"
        return
    }
    [void] (Docker (@('volume', 'create') + $options + @('--', $name)))
    if ($script:code -ne 0) { Fail "the volume $name could not be made"; return }
    if (-not $archive) { Write-Output "Volume $name was made"; return }
    # A container that never runs: the engine itself unpacks the archive into the volume that is mounted there.
    $container = ([string] (Docker @('create', '--network', 'none', '-v', "${name}:/volume:nocopy", $helper, '/none'))).Trim()
    if ($script:code -eq 0) {
        [void] (Docker @('cp', '-', "${container}:/") $archive)
        if ($script:code -eq 0) { Write-Output "Volume $name was made and filled" }
        else { Fail "the volume $name could not be filled from $archive" }
        [void] (Docker @('rm', '-v', $container))
    } else { Fail "the volume $name could not be filled from $archive" }
}

Write-Output 'Checking every file of this kit'
$wrong = 0
foreach ($line in [System.IO.File]::ReadAllLines((Join-Path $PSScriptRoot 'SHA256SUMS'))) {
    $sum, $file = $line.Substring(0, 64), $line.Substring(66)
    $path = Join-Path $PSScriptRoot $file
    if (-not (Test-Path -LiteralPath $path) -or
        (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash.ToLowerInvariant() -ne $sum) {
        [Console]::Error.WriteLine("restore.ps1: $file is missing or not as it was written")
        $wrong++
    }
}
if ($wrong) {
    [Console]::Error.WriteLine('restore.ps1: this kit is not as it was written; nothing was done')
    exit 1
}
[void] (Docker @('version'))
if ($script:code -ne 0) {
    [Console]::Error.WriteLine('restore.ps1: Docker does not answer; start it first')
    exit 1
}
