//! The four ways to a libiec61850, in the order in which they are tried.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest library whose structures and functions are those of our header.
pub(crate) const OLDEST: (u32, u32) = (1, 6);

/// How a library is linked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Shared,
    Static,
}

/// A library that can be linked.
#[derive(Debug)]
pub(crate) struct Library {
    /// By which way it was found, in a few words.
    pub(crate) way: &'static str,
    pub(crate) kind: Kind,
    /// The library file; a static library has the parts it was built in.
    pub(crate) files: Vec<PathBuf>,
    /// Further libraries to link, by name.
    pub(crate) needs: Vec<String>,
    /// Folders with the headers of the library, if it came with them.
    pub(crate) headers: Vec<PathBuf>,
}

/// Where the build happens and for what.
pub(crate) struct Place {
    /// The folder `vendor` beside this crate.
    pub(crate) vendor: PathBuf,
    /// Architecture and operating system of the target.
    pub(crate) architecture: String,
    pub(crate) system: String,
}

/// Tries the four ways. A way that the user asked for and that fails is an error; the others are left for the next one.
pub(crate) fn locate(place: &Place) -> Result<Library, String> {
    let mut reasons = Vec::new();
    match folder("LIBIEC61850_DIR")? {
        Some(folder) => return from_folder(&folder, place),
        None => reasons.push("not set".to_owned()),
    }
    let vendored = place.vendor.join("libiec61850");
    match folder("LIBIEC61850_SRC")? {
        Some(tree) => return from_source(&tree, "LIBIEC61850_SRC", place),
        None if vendored.exists() => return from_source(&vendored, "vendor/libiec61850", place),
        None => reasons.push(format!(
            "not set, and {} does not exist",
            vendored.display()
        )),
    }
    match from_pkg_config(place) {
        Ok(library) => return Ok(library),
        Err(reason) => reasons.push(reason),
    }
    let prebuilt = place.vendor.join("prebuilt").join(&place.architecture);
    if let Some((kind, files)) = libraries(&prebuilt, place) {
        return Ok(Library {
            way: "vendor/prebuilt",
            kind,
            files,
            needs: needs(kind, place),
            headers: Vec::new(),
        });
    }
    reasons.push(format!("{} has no library", prebuilt.display()));
    Err(nothing(&reasons))
}

fn nothing(reasons: &[String]) -> String {
    let ways = [
        "LIBIEC61850_DIR names an install prefix or a folder with the shared or static library",
        "LIBIEC61850_SRC names its source tree, or the tree is in vendor/libiec61850 (built with CMake)",
        "pkg-config knows it as libiec61850",
        "vendor/prebuilt has it from a PyPI wheel: run `cargo xtask libiec61850` (Linux on x86_64 and aarch64)",
    ];
    let mut message =
        "libiec61850 was not found. There are four ways to it, tried in this order:".to_owned();
    for (number, (way, reason)) in (1..).zip(ways.iter().zip(reasons)) {
        // Writing to a String cannot fail.
        let _ = write!(message, "\n  {number}. {way} [{reason}]");
    }
    message
}

/// A variable of the environment that is set to something.
fn variable(name: &str) -> Option<OsString> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A folder that a variable of the environment names. Build scripts run in a folder that users do not think of.
fn folder(name: &str) -> Result<Option<PathBuf>, String> {
    match variable(name).map(PathBuf::from) {
        Some(folder) if folder.is_relative() => Err(format!(
            "{name} is {}: it must be an absolute path",
            folder.display()
        )),
        folder => Ok(folder),
    }
}

fn from_folder(folder: &Path, place: &Place) -> Result<Library, String> {
    let mut candidates = vec![
        folder.to_path_buf(),
        folder.join("lib"),
        folder.join("lib64"),
    ];
    // Debian's multiarch folders, for example lib/x86_64-linux-gnu.
    candidates.push(
        folder
            .join("lib")
            .join(format!("{}-linux-gnu", place.architecture)),
    );
    for candidate in &candidates {
        if let Some((kind, files)) = libraries(candidate, place) {
            println!("cargo::rerun-if-changed={}", candidate.display());
            let headers = folder.join("include/libiec61850");
            return Ok(Library {
                way: "LIBIEC61850_DIR",
                kind,
                files,
                needs: needs(kind, place),
                headers: headers.is_dir().then_some(headers).into_iter().collect(),
            });
        }
    }
    let searched: Vec<_> = candidates
        .iter()
        .map(|candidate| candidate.display().to_string())
        .collect();
    Err(format!(
        "LIBIEC61850_DIR is {}, but there is no shared or static libiec61850 in {}",
        folder.display(),
        searched.join(", ")
    ))
}

/// The library in a folder: the shared one, or the static one if there is no other or LIBIEC61850_STATIC asks for it.
fn libraries(folder: &Path, place: &Place) -> Option<(Kind, Vec<PathBuf>)> {
    let wants_static = variable("LIBIEC61850_STATIC").is_some();
    let shared = || shared(folder, place).map(|file| (Kind::Shared, vec![file]));
    let archives = || archives(folder, place).map(|files| (Kind::Static, files));
    if wants_static {
        archives()
    } else {
        shared().or_else(archives)
    }
}

/// The shared library; a name that ends with a version counts where the plain name is missing.
fn shared(folder: &Path, place: &Place) -> Option<PathBuf> {
    let plain = match place.system.as_str() {
        "windows" => "iec61850.lib",
        "macos" | "ios" => "libiec61850.dylib",
        _ => "libiec61850.so",
    };
    let file = folder.join(plain);
    if file.is_file() {
        return Some(file);
    }
    let mut versioned: Vec<_> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with("libiec61850.so."))
        })
        .collect();
    versioned.sort();
    versioned.pop()
}

/// The static library and its platform layer, which some builds keep apart.
fn archives(folder: &Path, place: &Place) -> Option<Vec<PathBuf>> {
    let named = |name: &str| {
        let file = if place.system == "windows" {
            format!("{name}.lib")
        } else {
            format!("lib{name}.a")
        };
        let file = folder.join(file);
        file.is_file().then_some(file)
    };
    let mut files = vec![named("iec61850")?];
    files.extend(named("hal"));
    Some(files)
}

/// What a static library needs from the system; a shared one names it itself.
fn needs(kind: Kind, place: &Place) -> Vec<String> {
    let names: &[&str] = match (kind, place.system.as_str()) {
        (Kind::Shared, _) => &[],
        (Kind::Static, "windows") => &["ws2_32", "iphlpapi", "bcrypt"],
        (Kind::Static, "linux") => &["pthread", "rt", "m"],
        (Kind::Static, _) => &["pthread", "m"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn from_source(tree: &Path, way: &'static str, place: &Place) -> Result<Library, String> {
    let lists = tree.join("CMakeLists.txt");
    let content = fs::read_to_string(&lists).map_err(|error| {
        format!(
            "{way}: {} is no source tree of libiec61850: cannot read {} ({error})",
            tree.display(),
            lists.display()
        )
    })?;
    if let Some(version) = tree_version(&content)
        && version < OLDEST
    {
        return Err(too_old(way, &format!("{}.{}", version.0, version.1)));
    }
    let cmake = variable("CMAKE").unwrap_or_else(|| "cmake".into());
    Command::new(&cmake).arg("--version").output().map_err(|error| {
        format!(
            "{way}: building {} needs CMake, and {} does not start ({error}); on Debian: apt-get install cmake gcc make",
            tree.display(),
            cmake.display()
        )
    })?;
    println!("cargo::rerun-if-changed={}", tree.display());
    let mut config = cmake::Config::new(tree);
    config
        .define("BUILD_EXAMPLES", "OFF")
        .define("BUILD_PYTHON_BINDINGS", "OFF")
        .define("CMAKE_POSITION_INDEPENDENT_CODE", "ON")
        // CMake 4 refuses trees that ask for a very old CMake, as this one does.
        .define("CMAKE_POLICY_VERSION_MINIMUM", "3.5");
    let mut built = PathBuf::new();
    for target in ["iec61850", "hal"] {
        built = config.build_target(target).build().join("build");
    }
    let extension = if place.system == "windows" {
        "lib"
    } else {
        "a"
    };
    let mut files = Vec::new();
    for name in ["iec61850", "hal"] {
        let file = format!(
            "{}{name}.{extension}",
            if extension == "a" { "lib" } else { "" }
        );
        files.extend(find(&built, &file, 6));
    }
    if files.len() != 2 {
        return Err(format!(
            "{way}: CMake built {}, but left no static libraries iec61850 and hal in {}",
            tree.display(),
            built.display()
        ));
    }
    let headers = [
        "hal/inc",
        "src/common/inc",
        "src/mms/inc",
        "src/iec61850/inc",
        "src/goose",
        "src/sampled_values",
        "src/logging",
        "src/r_session",
    ];
    Ok(Library {
        way,
        kind: Kind::Static,
        files,
        needs: needs(Kind::Static, place),
        headers: headers
            .iter()
            .map(|folder| tree.join(folder))
            .chain([built.join("config")])
            .filter(|folder| folder.is_dir())
            .collect(),
    })
}

/// The version that the CMakeLists.txt of a source tree sets.
fn tree_version(lists: &str) -> Option<(u32, u32)> {
    let number = |name: &str| {
        let (_, rest) = lists.split_once(&format!("set(LIB_VERSION_{name}"))?;
        let (value, _) = rest.split_once(')')?;
        value.trim().trim_matches('"').parse().ok()
    };
    Some((number("MAJOR")?, number("MINOR")?))
}

pub(crate) fn too_old(way: &str, version: &str) -> String {
    format!(
        "{way}: this is libiec61850 {version}; {}.{} or newer is needed",
        OLDEST.0, OLDEST.1
    )
}

/// The version at the end of the name of a shared library, behind the links that lead to it.
pub(crate) fn file_version(file: &Path) -> Option<(u32, u32)> {
    let file = file.canonicalize().ok()?;
    let (_, version) = file.file_name()?.to_str()?.split_once(".so.")?;
    let mut numbers = version.split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}

/// The file of that name below a folder, not deeper than `depth`.
fn find(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let file = folder.join(name);
    if file.is_file() {
        return Some(file);
    }
    let depth = depth.checked_sub(1)?;
    let mut folders: Vec<_> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders.iter().find_map(|folder| find(folder, name, depth))
}

fn from_pkg_config(place: &Place) -> Result<Library, String> {
    const NAME: &str = "libiec61850";
    let found = pkg_config::Config::new()
        .cargo_metadata(false)
        .probe(NAME)
        .map_err(|error| match error {
            pkg_config::Error::Failure { .. } | pkg_config::Error::ProbeFailure { .. } => {
                "it does not".to_owned()
            }
            pkg_config::Error::Command { cause, .. } => {
                format!("pkg-config does not start: {cause}")
            }
            other => {
                let text = other.to_string();
                text.lines().next().unwrap_or_default().to_owned()
            }
        })?;
    for name in [
        "PKG_CONFIG",
        "PKG_CONFIG_PATH",
        "PKG_CONFIG_LIBDIR",
        "PKG_CONFIG_SYSROOT_DIR",
        "PKG_CONFIG_ALLOW_CROSS",
    ] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let mut numbers = found.version.split('.').map(str::parse::<u32>);
    if let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next())
        && (major, minor) < OLDEST
    {
        return Err(too_old("pkg-config", &found.version));
    }
    let mut folders = found.link_paths.clone();
    // pkg-config leaves out the folders that linkers search anyway.
    folders.extend(
        pkg_config::get_variable(NAME, "libdir")
            .ok()
            .map(PathBuf::from),
    );
    let (kind, files) = folders
        .iter()
        .find_map(|folder| libraries(folder, place))
        .ok_or_else(|| {
            format!(
                "pkg-config names {}, where no library is",
                folders
                    .first()
                    .map_or_else(String::new, |folder| folder.display().to_string())
            )
        })?;
    let mut more = needs(kind, place);
    if kind == Kind::Static {
        for name in &found.libs {
            if !["iec61850", "hal"].contains(&name.as_str()) && !more.contains(name) {
                more.push(name.clone());
            }
        }
    }
    Ok(Library {
        way: "pkg-config",
        kind,
        files,
        needs: more,
        headers: found
            .include_paths
            .iter()
            .flat_map(|folder| [folder.clone(), folder.join("libiec61850")])
            .filter(|folder| folder.join("iec61850_server.h").is_file())
            .collect(),
    })
}
