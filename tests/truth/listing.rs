//! `careen ls --of SCOPE -R --hash --json` against a walk through the kernel.

use careen_tests::listing::{list, short};
use careen_tests::{Disk, Outcome, compare};
use serde_json::Value;

use crate::records::Truth;

/// The merged tree of an image, as the kernel's overlay shows it.
pub fn image(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    let said = said_of_image(truth, id)?;
    let ours = list(disk, &format!("image:{id}"))?;
    if said.is_empty() {
        // An image without layers: there was nothing to be mounted. An empty root is right, and so is nothing.
        return compare::listings(&said, ours.strip_prefix(root_alone(&ours)).unwrap_or_default());
    }
    compare::listings(&said, &ours)
}

/// What the kernel showed of an image; nothing of one without layers.
pub fn said_of_image(truth: &Truth, id: &str) -> Result<Vec<Value>, String> {
    let has_layers = truth.images.iter().any(|image| image["Id"] == id && image["RootFS"].get("Layers").is_some());
    if has_layers { truth.manifest(&format!("image-{}", short(id))) } else { Ok(Vec::new()) }
}

fn root_alone(lines: &[Value]) -> &[Value] {
    match lines {
        [root] if root["path"] == "/" => lines,
        _ => &[],
    }
}

/// The merged tree of a container.
pub fn container(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    let mut said = truth.manifest(&format!("container-{}", short(id)))?;
    let mut ours = list(disk, &format!("container:{id}"))?;
    without_time_of_root(truth, &mut said, &mut ours);
    compare::listings(&said, &ours)
}

/// The directory that took a container's changes, with the overlay's marks.
pub fn changes(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    let mut said = truth.manifest(&format!("container-upper-{}", short(id)))?;
    let mut ours = list(disk, &format!("changes:{id}"))?;
    for line in &mut ours {
        keep_marks_that_were_said(line);
    }
    without_time_of_root(truth, &mut said, &mut ours);
    compare::listings(&said, &ours)
}

/// In containerd's store, `docker export` made and removed something in each container after it had been listed.
pub fn without_time_of_root(truth: &Truth, said: &mut [Value], ours: &mut [Value]) {
    for lines in [said, ours] {
        let root = lines.first_mut().filter(|line| truth.is_containerd() && line["path"] == "/");
        root.and_then(Value::as_object_mut).map(|root| root.remove("mtime_ns"));
    }
}

/// The truth notes two marks, of directories alone; ours shows all that there are.
fn keep_marks_that_were_said(line: &mut Value) {
    let directory = line["type"] == "d";
    let Some(line) = line.as_object_mut() else { return };
    if let Some(Value::Object(marks)) = line.get_mut("overlay") {
        marks.retain(|name, _| directory && ["trusted.overlay.opaque", "trusted.overlay.redirect"].contains(&&**name));
        if marks.is_empty() {
            line.remove("overlay");
        }
    }
}

/// The content of a volume.
pub fn volume(disk: &Disk, truth: &Truth, name: &str) -> Outcome {
    let said = truth.manifest(&format!("volume-{name}"))?;
    compare::listings(&said, &list(disk, &format!("volume:{name}"))?)
}
