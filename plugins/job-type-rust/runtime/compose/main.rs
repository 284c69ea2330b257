//! Builds a job without containers: makes the environment that jobs of one kind share, and the program of one job.
//!
//! It is compiled by `rustc` alone, so it has nothing but the standard library.

mod arguments;
mod copy;
mod generate;
mod manifest;
mod notes;
mod run_cargo;
mod secrets;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arguments::Arguments;
use generate::{JobCode, Project};
use manifest::CrateManifest;
use run_cargo::Cargo;

/// Where an environment keeps what jobs are built with.
const WRAPPER: &str = "wrapper";
const SWAGGER: &str = "swagger";
const TARGET: &str = "target";
const LOCK: &str = "Cargo.lock";
/// Where a built job has its program, below its files.
const PROGRAM: &str = ".racetrack/job";

fn main() -> ExitCode {
    let outcome =
        Arguments::parse(std::env::args().skip(1)).and_then(|arguments| match arguments.command.as_str() {
            "environment" => make_environment(&arguments),
            "job" => make_job(&arguments),
            other => Err(format!("{other} is not a command")),
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Compiles the wrapper and the crates that jobs of this kind depend on.
fn make_environment(arguments: &Arguments) -> Result<(), String> {
    let environment = arguments.path("environment")?;
    let runtime = arguments.path("runtime")?;
    let source = arguments.path("source")?;
    let code = JobCode::choose(&source, arguments.find("manifest"))?;
    // Before anything is compiled, where the source is there already.
    code.check_form(&source)?;
    let wrapper = environment.join(WRAPPER);
    copy_wrapper(&runtime, &wrapper).map_err(explain("copying the wrapper"))?;
    copy_swagger(&arguments.path("swagger-dir")?, &environment.join(SWAGGER))
        .map_err(explain("copying the Swagger page"))?;

    let work = WorkDir::make()?;
    let cargo = Cargo::new(arguments, &environment, &code.run_dir(&work.path))?;
    let start = match &code {
        JobCode::Folder => wrapper.join(LOCK),
        JobCode::Crate(manifest) => prepare_crate(arguments, manifest, &cargo, &source, &wrapper)?,
    };
    let project = Project { dir: &work.path, wrapper: &wrapper, source: &source };
    project.write_without_code(&code)?;
    fs::copy(start, work.path.join(LOCK)).map_err(explain("copying Cargo.lock"))?;
    cargo.build(&work.path, &environment.join(TARGET), &["build"], &source)?;
    fs::copy(work.path.join(LOCK), environment.join(LOCK)).map_err(explain("keeping Cargo.lock"))?;
    Ok(())
}

/// Checks the author's Cargo.lock, and takes the author's code out of the copy: only what it depends on is compiled now.
///
/// Answers the lock file to start from.
fn prepare_crate(
    arguments: &Arguments,
    manifest: &CrateManifest,
    cargo: &Cargo,
    source: &Path,
    wrapper: &Path,
) -> Result<PathBuf, String> {
    let named = arguments.find("lock").map(|path| source.join(path));
    // The wrapper's own crates change with the platform, not with the author's lock file.
    if named.is_some() && !manifest.uses_wrapper {
        cargo.fetch_locked(&manifest.path, source)?;
    }
    let beside = manifest.dir().join(LOCK);
    if named.is_none() && beside.is_file() {
        println!("note: the source has a Cargo.lock; name it in jobtype_extra.cargo_lock_path, so that a change of it counts at once");
    }
    fs::write(manifest.library(), "").map_err(explain("preparing the crate"))?;
    let lock = named.unwrap_or(beside);
    Ok(if lock.is_file() { lock } else { wrapper.join(LOCK) })
}

/// Compiles the author's code with what the environment has compiled already.
fn make_job(arguments: &Arguments) -> Result<(), String> {
    let environment = arguments.path("environment")?;
    let source = arguments.path("source")?;
    let work = WorkDir::make()?;
    let code = JobCode::choose(&source, arguments.find("manifest"))?;
    code.check(&source)?;
    let project = Project { dir: &work.path, wrapper: &environment.join(WRAPPER), source: &source };
    project.write(&code)?;
    let target = work.path.join(TARGET);
    copy::copy_tree(&environment.join(TARGET), &target).map_err(explain("copying compiled crates"))?;
    fs::copy(environment.join(LOCK), work.path.join(LOCK)).map_err(explain("copying Cargo.lock"))?;
    let cargo = Cargo::new(arguments, &environment, &code.run_dir(&work.path))?;
    cargo.build(&work.path, &target, &["build", "--frozen"], &source)?;

    let program = source.join(PROGRAM);
    place(&target.join("release/job"), &program).map_err(explain("placing the program"))
}

fn place(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    // Removed first: the source may hold a link of this name.
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::copy(from, to).map(|_| ())
}

fn copy_wrapper(runtime: &Path, wrapper: &Path) -> io::Result<()> {
    copy::copy_tree(&runtime.join("src"), &wrapper.join("src"))?;
    for file in ["Cargo.toml", LOCK] {
        fs::copy(runtime.join(file), wrapper.join(file))?;
    }
    Ok(())
}

fn copy_swagger(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for file in ["swagger-ui.css", "swagger-ui-bundle.js"] {
        fs::copy(from.join(file), to.join(file))?;
    }
    Ok(())
}

fn explain(doing: &str) -> impl Fn(io::Error) -> String + '_ {
    move |error| format!("{doing}: {error}")
}

/// A directory for one build, removed at its end.
struct WorkDir {
    path: PathBuf,
}

impl WorkDir {
    fn make() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("racetrack-job-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(explain("making a directory for the build"))?;
        let path = path.canonicalize().map_err(explain("making a directory for the build"))?;
        Ok(Self { path })
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        // What stays is removed with the other temporary files of the build.
        let _ = fs::remove_dir_all(&self.path);
    }
}
