//! Tells cargo how to link the library that was found, after a look into it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::locate::{self, Kind, Library, Place};
use crate::object::{self, Object};

/// Every libiec61850 has this function.
const VERSION: &str = "LibIEC61850_getVersionString";

/// Finds the library, checks it and links it. Returns the folders of its own headers.
pub(crate) fn run() -> Result<Vec<PathBuf>, String> {
    if env::var_os("DOCS_RS").is_some() {
        // Documentation is made on machines without the library, and links nothing.
        describe("none", false, false, &BTreeSet::new())?;
        return Ok(Vec::new());
    }
    let vendor = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("vendor");
    if vendor.is_dir() {
        println!("cargo::rerun-if-changed={}", vendor.display());
    }
    let place = Place {
        vendor,
        architecture: required("CARGO_CFG_TARGET_ARCH")?,
        system: required("CARGO_CFG_TARGET_OS")?,
    };
    let library = locate::locate(&place)?;
    let exports = check(&library, &place.architecture)?;
    let missing = missing(&library, exports.as_ref());
    let has_tls = exports.is_none_or(|exports| exports.contains("TLSConfiguration_create"));
    link(&library, &place)?;
    describe(library.way, library.kind == Kind::Shared, has_tls, &missing)?;
    println!("cargo::metadata=way={}", library.way);
    println!("cargo::metadata=tls={}", u8::from(has_tls));
    Ok(library.headers)
}

fn required(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("cargo gives no {name}: {error}"))
}

/// Refuses a library for another machine, one whose name says that it is too old, and files that are no libiec61850. Returns what the library exports, if that can be read.
fn check(library: &Library, architecture: &str) -> Result<Option<BTreeSet<String>>, String> {
    let mut all: Option<BTreeSet<String>> = None;
    for file in &library.files {
        if let Some((major, minor)) = locate::file_version(file)
            && (major, minor) < locate::OLDEST
        {
            return Err(locate::too_old(library.way, &format!("{major}.{minor}")));
        }
        let content =
            fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let Object {
            architecture: found,
            exports,
        } = object::read(&content);
        if let Some(found) = found
            && found != architecture
        {
            return Err(format!(
                "{}: {} is a library for {found}, but this build is for {architecture}",
                library.way,
                file.display()
            ));
        }
        if let Some(exports) = exports {
            all.get_or_insert_default().extend(exports);
        }
    }
    if let Some(all) = &all
        && !all.contains(VERSION)
    {
        let file = library
            .files
            .first()
            .map_or(Path::new(""), PathBuf::as_path);
        return Err(format!(
            "{}: {} is no libiec61850: it does not export {VERSION}",
            library.way,
            file.display()
        ));
    }
    Ok(all)
}

/// The functions that are declared but not exported, after a warning if there are any besides those of TLS, which is an option of the library.
fn missing(library: &Library, exports: Option<&BTreeSet<String>>) -> BTreeSet<String> {
    let Some(exports) = exports else {
        return BTreeSet::new();
    };
    let declared = include_str!("../src/bindings.rs")
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("pub fn "))
        .filter_map(|line| line.split_once('('))
        .map(|(name, _)| name.to_owned());
    let missing: BTreeSet<_> = declared.filter(|name| !exports.contains(name)).collect();
    let surprising: Vec<_> = missing
        .iter()
        .filter(|name| !name.starts_with("TLSCon"))
        .map(String::as_str)
        .collect();
    if let Some(first) = surprising.first() {
        println!(
            "cargo::warning={}: the library does not export {} of the declared functions, the first of them {first}; a program that calls one of them does not link",
            library.way,
            surprising.len()
        );
    }
    missing
}

fn link(library: &Library, place: &Place) -> Result<(), String> {
    let out = PathBuf::from(required("OUT_DIR")?);
    for file in &library.files {
        let folder = file.parent().unwrap_or(file);
        let folder = folder
            .canonicalize()
            .map_err(|error| format!("cannot find {}: {error}", folder.display()))?;
        match library.kind {
            Kind::Static => {
                let name = file.file_stem().unwrap_or_default().to_string_lossy();
                let name = name.strip_prefix("lib").unwrap_or(&name);
                println!("cargo::rustc-link-search=native={}", folder.display());
                println!("cargo::rustc-link-lib=static={name}");
            }
            Kind::Shared => {
                let search = search_folder(file, &folder, &out)?;
                println!("cargo::rustc-link-search=native={}", search.display());
                println!("cargo::rustc-link-lib=dylib=iec61850");
                // Where the loader looks anyway, nothing has to be written into programs.
                let is_known = ["/lib", "/usr/lib"]
                    .iter()
                    .any(|known| folder.starts_with(known));
                if place.system != "windows" && !is_known {
                    println!("cargo::metadata=rpath={}", folder.display());
                    // For the tests of this crate; other packages read the metadata.
                    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
                }
            }
        }
        println!("cargo::metadata=libdir={}", folder.display());
    }
    for name in &library.needs {
        println!("cargo::rustc-link-lib=dylib={name}");
    }
    println!(
        "cargo::metadata=kind={}",
        match library.kind {
            Kind::Shared => "shared",
            Kind::Static => "static",
        }
    );
    Ok(())
}

/// The folder for the linker, which looks for the plain name only: a library with nothing but a version at the end of its name gets a link.
fn search_folder(file: &Path, folder: &Path, out: &Path) -> Result<PathBuf, String> {
    let has_version = file
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with("libiec61850.so."));
    if !has_version {
        return Ok(folder.to_path_buf());
    }
    let links = out.join("link");
    let link = links.join("libiec61850.so");
    fs::create_dir_all(&links)
        .map_err(|error| format!("cannot create {}: {error}", links.display()))?;
    fs::copy(file, &link).map_err(|error| format!("cannot write {}: {error}", link.display()))?;
    Ok(links)
}

/// Writes what the crate says about the library that it was built with.
fn describe(
    way: &str,
    is_shared: bool,
    has_tls: bool,
    missing: &BTreeSet<String>,
) -> Result<(), String> {
    let names: Vec<_> = missing.iter().map(|name| format!("{name:?}")).collect();
    let content = format!(
        "Library {{ way: {way:?}, is_shared: {is_shared}, has_tls: {has_tls}, missing: &[{}] }}\n",
        names.join(", ")
    );
    let file = PathBuf::from(required("OUT_DIR")?).join("library.rs");
    fs::write(&file, content).map_err(|error| format!("cannot write {}: {error}", file.display()))
}
