//! The programs of the page, compiled for the browser.
//!
//! The worker is one module. The page's own program is cut in two where `crates/app/src/later.rs` says: what the first
//! page needs, and what comes with a disk. Both share one memory and one table of functions, so the second is of use only
//! to the very first it was cut from; that is why their names carry their sums.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use sha2::{Digest, Sha256};
use wasm_split_cli_support::{Options, transform};

use super::Files;
use crate::command::{cargo, run, tool};

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm-release";

/// The function of the cut, as `later.rs` names it.
const CUT: &str = "disk";

/// What the page's program can do beyond the first WebAssembly, as Rust compiles for this target.
const FEATURES: [&str; 6] =
    ["bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue"];

/// What was built.
pub struct Programs {
    /// Name of the script that starts the page.
    pub script: String,
    /// Name of the page's program.
    pub program: String,
    /// All files.
    pub files: Files,
}

/// Compiles, cuts, binds and optimises them.
pub fn build() -> Result<Programs, String> {
    let work = careen_tests::target().join("page");
    // What is left of another build must not be taken for this one's.
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let worker = compile("careen-worker", &[])?;
    thread::scope(|scope| {
        // The optimiser is slow and alone; the next compiler can run beside it.
        let worker = scope.spawn(|| worker_files(&worker, &work));
        // Where a function and a value are used has to be told for the cut.
        let page = compile("careen-app", &["-C", "link-args=--emit-relocs"]).and_then(|page| page_files(&page, &work));
        let worker = worker.join().map_err(|_| "the worker's build ended without a word")??;
        let mut page = page?;
        page.files.extend(worker);
        Ok(page)
    })
}

/// The module of a package, as the linker wrote it.
fn compile(package: &str, options: &[&str]) -> Result<PathBuf, String> {
    let mut command = cargo();
    command.args(["rustc", "--locked", "--package", package, "--target", TARGET, "--profile", PROFILE, "--"]);
    run(command.args(options))?;
    let program = if package == "careen-app" { "careen-page" } else { package };
    Ok(careen_tests::target().join(TARGET).join(PROFILE).join(program).with_extension("wasm"))
}

/// Script and module of the worker. It is told by the page which it is, and says of which build it is itself.
fn worker_files(module: &Path, work: &Path) -> Result<Files, String> {
    let name = "careen-worker";
    bind(module, work, name, &["--target", "no-modules"])?;
    let (script, bound) = (work.join("careen-worker.js"), work.join("careen-worker_bg.wasm"));
    // Bytes are crunched there: speed before size.
    optimise(&bound, "-O3")?;
    Ok([(format!("{name}.js"), read(&script)?), (format!("{name}_bg.wasm"), read(&bound)?)].into())
}

/// Script and modules of the page.
fn page_files(module: &Path, work: &Path) -> Result<Programs, String> {
    let name = "careen-page";
    let input = read(module)?;
    let first = work.join("first.wasm");
    let script = format!("./{name}.js");
    let mut options = Options::new(&input);
    (options.output_dir, options.main_out_path, options.main_module) = (work, &first, &script);
    let cut = transform(options).map_err(|error| format!("{}: {error:#}", module.display()))?;
    let [later] = cut.split_modules.as_slice() else {
        return Err(format!("{}: expected one part to be cut off, found {:?}", module.display(), cut.split_modules));
    };
    bind(&first, work, name, &["--target", "web", "--keep-lld-exports"])?;
    let bound = work.join(format!("{name}_bg.wasm"));
    optimise(later, "-Oz")?;
    optimise(&bound, "-Oz")?;

    let (later, program) = (read(later)?, read(&bound)?);
    let later_name = format!("careen-{CUT}-{}.wasm", sum(&later));
    let text = |path: PathBuf| fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()));
    let script = joined(&text(work.join(format!("{name}.js")))?, &text(work.join("__wasm_split.js"))?, &later_name)?;
    let program_name = format!("{name}-{}.wasm", sum(&program));
    let script_name = format!("{name}-{}.js", sum(script.as_bytes()));
    let files = [(later_name, later), (program_name.clone(), program), (script_name.clone(), script.into_bytes())];
    Ok(Programs { script: script_name, program: program_name, files: files.into() })
}

/// One script of the bindings and of what loads the other part: `careen.html` has no place for a second. The other part
/// comes by way of `boot.js`, as all files do.
fn joined(bindings: &str, loader: &str, later: &str) -> Result<String, String> {
    let replaced = |text: &str, old: &str, new: &str| match text.matches(old).count() {
        1 => Ok(text.replacen(old, new, 1)),
        found => Err(format!("the page's script: expected {old:?} once, found it {found} times")),
    };
    let load = format!("__wasm_split_load_{CUT}");
    let bindings = replaced(bindings, "import * as import1 from \"./__wasm_split.js\"\n", "")?;
    let loader = replaced(loader, "import { initSync } from \"./careen-page.js\";\n", "")?;
    let loader = replaced(&loader, &format!("export const {load} ="), &format!("const {load} ="))?;
    let fetched = format!("fetch(new URL(\"./split_{CUT}.wasm\", import.meta.url))");
    let asked = format!(
        "careen.file(\"{later}\").then((bytes) => new Response(bytes, {{ headers: {{ 'content-type': 'application/wasm' }} }}))"
    );
    let loader = replaced(&loader, &fetched, &asked)?;
    Ok(format!("{bindings}\n{loader}\nconst import1 = {{ {load} }};\n"))
}

fn bind(module: &Path, work: &Path, name: &str, options: &[&str]) -> Result<(), String> {
    let mut command = tool("wasm-bindgen");
    command.args(options).args(["--no-typescript", "--out-name", name, "--out-dir"]).arg(work).arg(module);
    run(&mut command)
}

/// Optimises a module in its place; names and debugging sections go.
fn optimise(module: &Path, level: &str) -> Result<(), String> {
    let mut command = tool("wasm-opt");
    command.args([level, "--strip-debug", "--strip-producers"]);
    command.args(FEATURES.map(|feature| format!("--enable-{feature}")));
    run(command.arg(module).arg("-o").arg(module))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn sum(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDINGS: &str = "import * as import1 from \"./__wasm_split.js\"\nimports = { x: import1 };";
    const LOADER: &str = "import { initSync } from \"./careen-page.js\";\n\
        export const __wasm_split_load_disk = f(fetch(new URL(\"./split_disk.wasm\", import.meta.url)));";

    #[test]
    fn the_script_imports_nothing_and_asks_for_the_part_it_was_cut_from() {
        let script = joined(BINDINGS, LOADER, "careen-disk-01.wasm").unwrap();
        assert!(!script.contains("import ") && !script.contains("fetch("), "{script}");
        assert!(script.contains("careen.file(\"careen-disk-01.wasm\")"), "{script}");
    }

    #[test]
    fn a_script_of_another_form_is_refused() {
        assert!(joined("imports = {};", LOADER, "later").unwrap_err().contains("expected"));
        assert!(joined(BINDINGS, "", "later").unwrap_err().contains("expected"));
    }
}
