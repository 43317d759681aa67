//! The arguments of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use careen_survey::Scope;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Opens the disk of a Docker installation that no longer starts. The disk is never written to.
#[derive(Parser)]
#[command(name = "careen", version, about, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// A file that the disk was made upon, such as a backing file or the parent of a differencing disk; several may be
    /// given, in any order. Parts of the disk that lie beside its first file are found without it.
    #[arg(long = "parent", value_name = "FILE", global = true)]
    pub parents: Vec<PathBuf>,
    /// Read this internal snapshot of a qcow2 disk in place of its active state, by its name or id.
    #[arg(long, value_name = "NAME", global = true)]
    pub snapshot: Option<String>,
}

/// What can be asked.
#[derive(Subcommand)]
pub enum Command {
    /// The overview: partitions, filesystems, stores, images, containers, volumes, networks, findings. Of several
    /// disks, first what tells them from one another.
    Survey {
        /// The disks.
        #[command(flatten)]
        disks: Disks,
        /// Leave out what needs a walk through files: sizes of volumes.
        #[arg(long)]
        quick: bool,
    },
    /// What is most likely wrong, how sure that is, and what is safe to do next; then every finding.
    Doctor {
        /// The disks.
        #[command(flatten)]
        disks: Disks,
        /// Leave out what needs a walk through files.
        #[arg(long)]
        quick: bool,
    },
    /// Several disks side by side: what they hold, when they were used last, what is on one alone. Or, after one disk,
    /// two scopes of it: which packages, settings and files differ.
    Compare {
        /// A disk.
        #[arg(value_name = "DISK")]
        disk: PathBuf,
        /// More disks, or two scopes of this one (such as image:NAME image:NAME).
        #[arg(required = true, num_args = 1.., value_name = "DISK|SCOPE")]
        others: Vec<OsString>,
    },
    /// Every image record, dangling and intermediate ones too.
    Images(Disks),
    /// Every container.
    Containers(Disks),
    /// Every volume.
    Volumes {
        /// The disks.
        #[command(flatten)]
        disks: Disks,
        /// Leave out the sizes.
        #[arg(long)]
        quick: bool,
    },
    /// Every network.
    Networks(Disks),
    /// What builds left behind: records of the build cache, and the builds that are remembered.
    BuildCache {
        /// The disks.
        #[command(flatten)]
        disks: Disks,
        /// Leave out sizes that need a walk through files.
        #[arg(long)]
        quick: bool,
    },
    /// Every layer, whether or not an image uses it.
    Layers(Disks),
    /// What fills the disk, what cleaning up would free, what compacting the file could give back.
    Space(Disks),
    /// The packages of each image.
    Packages {
        /// The disk file.
        disk: PathBuf,
        /// Only this image, container or `host`.
        #[arg(long, value_name = "SCOPE")]
        of: Option<Scope>,
        /// Containers too.
        #[arg(long)]
        containers: bool,
        /// The operating system around the data root too.
        #[arg(long)]
        host: bool,
        /// The files of --of by the lists of its package managers: those that a package owns, those that none owns, or those
        /// that changed or went missing since they were installed.
        #[arg(long, value_name = "KIND", value_parser = ["owned", "unowned", "changed"], requires = "of", conflicts_with = "out")]
        files: Option<String>,
        /// Write the CSV files into this directory.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Files.
    Ls {
        /// The disk file.
        disk: PathBuf,
        /// Where to look.
        #[arg(long, value_name = "SCOPE", default_value = "fs")]
        of: Scope,
        /// What to list.
        #[arg(default_value = "/")]
        path: OsString,
        /// Everything below, too.
        #[arg(short = 'R', long)]
        recursive: bool,
        /// The sha256 of each regular file.
        #[arg(long)]
        hash: bool,
    },
    /// The bytes of a file.
    Cat {
        /// The disk file.
        disk: PathBuf,
        /// Where to look.
        #[arg(long, value_name = "SCOPE", default_value = "fs")]
        of: Scope,
        /// The file.
        path: OsString,
    },
    /// What a container printed, as docker logs prints it; with --json one object a line.
    Logs {
        /// The disk file.
        disk: PathBuf,
        /// Name or id of the container.
        container: String,
        /// What is wanted of it.
        #[command(flatten)]
        options: LogOptions,
    },
    /// What a container changed in its files, as docker diff prints it.
    Changes {
        /// The disk file.
        disk: PathBuf,
        /// Name or id of the container.
        container: String,
    },
    /// What happened and when, the oldest first: images, containers, health checks, logs, packages, and with --of files.
    Timeline {
        /// The disk file.
        disk: PathBuf,
        /// Only events of this kind; may be given several times.
        #[arg(long, value_name = "KIND", value_parser = ["filesystem", "image", "container", "health", "log", "volume", "package", "file"])]
        kind: Vec<String>,
        /// Only of this image, container, volume or filesystem, and of its files; may be given several times.
        #[arg(long, value_name = "SCOPE")]
        of: Vec<Scope>,
    },
    /// Images, containers, volumes, networks, findings, packages and files by name; with --content text in files.
    Search {
        /// The disk file.
        disk: PathBuf,
        /// Text that is anywhere in a name, in upper or lower case. With `*`, `?` or `[` a glob that the whole name fits.
        /// With a slash it is looked for in paths.
        pattern: String,
        /// Only there; without it everywhere, layers that several images share once.
        #[arg(long, value_name = "SCOPE")]
        of: Option<Scope>,
        /// Look for the text in files, in place of names. What is packed within files is not looked into.
        #[arg(long)]
        content: bool,
        /// End after so many hits.
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        limit: u64,
    },
    /// One file on everything: what is wrong, what was found, packages, space, first and last events. As HTML that needs
    /// nothing else (.html), as Markdown (.md), or both with all tables as CSV and JSON in one .zip.
    Report {
        /// The disk file.
        disk: PathBuf,
        /// The file to write; its ending says in which form.
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
        /// Leave out what needs a walk through files: sizes, packages, space.
        #[arg(long)]
        quick: bool,
        /// The language.
        #[arg(long, value_name = "LANG", value_parser = ["en", "ko"], default_value = "en")]
        lang: String,
        /// The manifest of an export, whose digests are to stand in the report; may be given several times.
        #[arg(long, value_name = "MANIFEST")]
        exported: Vec<PathBuf>,
    },
    /// What docker inspect prints, of an image, a container or a volume.
    Inspect {
        /// The disk file.
        disk: PathBuf,
        /// What to show.
        scope: Scope,
    },
    /// Archives of what is on the disk, each with a manifest beside it.
    Export {
        /// The disk file.
        disk: PathBuf,
        /// What to take out.
        #[arg(required = true, value_name = "SCOPE")]
        scopes: Vec<Scope>,
        /// The file to write. Its manifest is called the same, with `.manifest.json` behind. Without one, or with a directory,
        /// the file is called by what it is of, the disk and the time, a data root docker_data_from_DISK_TIME.tgz.
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The kind of archive; by default as the name of the file ends, else tar.
        #[arg(long)]
        format: Option<ExportFormat>,
        /// What to do about a file that cannot be read whole: end the export, leave the file out, or keep it with zeros
        /// in place of what is missing, which the manifest tells.
        #[arg(long, value_name = "WHAT", default_value = "skip")]
        on_damage: OnDamage,
        /// Only what lies at this path of each scope; may be given several times.
        #[arg(long = "path", value_name = "PATH")]
        paths: Vec<OsString>,
        /// Write nothing; tell how much it is.
        #[arg(long)]
        weigh: bool,
    },
    /// Everything that is on this disk alone, as files another engine takes, with scripts that put it there: all volumes,
    /// images no registry is known to have, and containers that changed their files.
    Kit {
        /// The disk file.
        disk: PathBuf,
        /// The directory to write, new or empty.
        #[arg(short, long, value_name = "DIR", required_unless_present = "list")]
        out: Option<PathBuf>,
        /// Write nothing; tell what would be in it and what it weighs.
        #[arg(long, conflicts_with = "out")]
        list: bool,
        /// What to do about a file that cannot be read whole: end the kit, leave the file out, or keep it with zeros in
        /// place of what is missing, which the manifest tells.
        #[arg(long, value_name = "WHAT", default_value = "skip")]
        on_damage: OnDamage,
    },
    /// The way back: Dockerfiles as images were built, with the files that they copied, and such that install the same
    /// versions anew; compose files, command lines and a script that run containers again.
    Rebuild {
        /// The disk file.
        disk: PathBuf,
        /// Images and containers; without one all of them.
        #[arg(value_name = "SCOPE")]
        scopes: Vec<Scope>,
        /// The directory to write, new or empty.
        #[arg(short, long, value_name = "DIR")]
        out: PathBuf,
        /// Leave out the files that Dockerfiles copy.
        #[arg(long)]
        no_sources: bool,
    },
    /// Whether layers can be given as the very bytes they were packed as: each is put together and its digest taken.
    Verify {
        /// The disk file.
        disk: PathBuf,
        /// Only these images, containers' images and layers.
        #[arg(value_name = "SCOPE")]
        scopes: Vec<Scope>,
        /// Read the files of these scopes, which may then be of any kind, or of every data root again with another reader
        /// that shares no code, and compare.
        #[arg(long)]
        cross_check: bool,
    },
    /// Which layer of an image or a container brought, changed or removed a file, the lowest first.
    Versions {
        /// The disk file.
        disk: PathBuf,
        /// The file.
        path: OsString,
        /// Where to look: `image:` or `container:`.
        #[arg(long, value_name = "SCOPE")]
        of: Scope,
    },
    /// The steps an image was built in, newest first.
    History {
        /// The disk file.
        disk: PathBuf,
        /// Name or id of the image.
        image: String,
    },
}

/// What of a log is wanted.
#[derive(Args)]
pub struct LogOptions {
    /// Put the time before each record.
    #[arg(long, short = 't')]
    pub timestamps: bool,
    /// Only what was printed there.
    #[arg(long, value_name = "STREAM", value_parser = ["stdout", "stderr"])]
    pub stream: Option<String>,
    /// Only the last so many records; they are counted before any is left out.
    #[arg(long, short = 'n', value_name = "N")]
    pub tail: Option<u64>,
    /// Only what was printed at this time (RFC 3339) or later.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only what was printed at this time or before.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only records that hold this text, in upper or lower case.
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
}

/// The kinds of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// POSIX tar with names, owners, times, links, attributes and holes as they are.
    Tar,
    /// The same, packed.
    #[value(name = "tar.gz")]
    TarGz,
    /// For systems without tar: names that every system takes, and a list of what a zip cannot hold, such as owners,
    /// devices and hard links.
    Zip,
    /// Images and containers as `docker load` takes them, each layer byte for byte where that can be proven.
    Docker,
    /// The same as a layout of OCI alone.
    Oci,
}

/// What to do about a file that cannot be read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnDamage {
    /// End the export.
    Stop,
    /// Leave the file out.
    Skip,
    /// Keep it, with zeros in place of what is missing.
    Gaps,
}

impl From<OnDamage> for careen_survey::OnDamage {
    fn from(on_damage: OnDamage) -> Self {
        match on_damage {
            OnDamage::Stop => careen_survey::OnDamage::Stop,
            OnDamage::Skip => careen_survey::OnDamage::Skip,
            OnDamage::Gaps => careen_survey::OnDamage::Gaps,
        }
    }
}

/// One or more disks.
#[derive(Args)]
pub struct Disks {
    /// Disk files (VHDX, qcow2, VHD, VMDK or raw, of a split one the first), or copies of their files (tar, tar.gz, a directory). With several, JSON is one object a line.
    #[arg(required = true, value_name = "DISK")]
    pub disks: Vec<PathBuf>,
}
