//! The four ways to the library, each built and run: a small workspace with a copy of this crate and a program that calls the library, and the stand-in
//! of `fixtures/stand-in` in place of libiec61850.

#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// All tests share one workspace and its target folder: what does not differ is compiled once.
static WORKSPACE: Mutex<()> = Mutex::new(());

/// The program: what it calls exists in the stand-in.
const PROGRAM: &str = r#"
use libiec61850_sys as c;

fn main() {
    match c::version() {
        Ok(version) => println!("version {version}"),
        Err(error) => {
            println!("{error}");
            return;
        }
    }
    println!("way {}", c::LIBRARY.way);
    println!("shared {}", c::LIBRARY.is_shared);
    println!("tls {}", c::LIBRARY.has_tls);
    println!("misses IedServer_create: {}", c::LIBRARY.missing.contains(&"IedServer_create"));
    // SAFETY: the stand-in makes what it returns, and it is used before it is destroyed.
    unsafe {
        let model = c::IedModel_create(c"STAND".as_ptr());
        let name = *model.cast::<*const std::ffi::c_char>();
        println!("model {}", std::ffi::CStr::from_ptr(name).to_string_lossy());
        c::IedModel_destroy(model);
        let mut mac = [1, 12, 205, 1, 0, 7];
        let address = c::PhyComAddress_create(4, 0x123, 0x3001, mac.as_mut_ptr());
        println!("address {:?}", *address);
        c::Memory_free(address.cast());
        #[cfg(feature = "tls")]
        {
            let tls = c::TLSConfiguration_create();
            println!("configuration {}", !tls.is_null());
            c::TLSConfiguration_destroy(tls);
        }
        #[cfg(feature = "mark")]
        println!("mark {}", c::STAND_IN_MARK);
    }
}
"#;

/// What the program prints of the stand-in, whatever the way.
const STRUCTURES: &str = "model STAND\n\
    address PhyComAddress { vlanPriority: 4, vlanId: 291, appId: 12289, dstAddress: [1, 12, 205, 1, 0, 7] }\n";

fn expected(way: &str, shared: bool, tls: bool) -> String {
    format!(
        "version 1.6.7\nway {way}\nshared {shared}\ntls {tls}\nmisses IedServer_create: true\n{STRUCTURES}"
    )
}

/// A workspace as a user has it, with an empty folder `vendor`.
struct Workspace {
    folder: PathBuf,
    /// For the libraries of the test, outside the workspace.
    outside: tempfile::TempDir,
    _lock: MutexGuard<'static, ()>,
}

impl Workspace {
    fn new() -> Self {
        let lock = WORKSPACE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ways");
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("an old workspace");
        }
        let program = folder.join("program");
        let bindings = folder.join("libiec61850-sys");
        fs::create_dir_all(program.join("src")).expect("a folder");
        fs::create_dir_all(&bindings).expect("a folder");
        fs::create_dir_all(folder.join("vendor")).expect("a folder");
        for part in ["build.rs", "build", "src", "include"] {
            copy(&Path::new(CRATE).join(part), &bindings.join(part));
        }
        fs::write(bindings.join("Cargo.toml"), for_users(Path::new(CRATE))).expect("a file");
        let root = Path::new(CRATE).parent().expect("a workspace");
        copy(&root.join("Cargo.lock"), &folder.join("Cargo.lock"));
        fs::write(folder.join("Cargo.toml"), manifest(root)).expect("a file");
        fs::write(
            program.join("Cargo.toml"),
            "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [features]\ntls = []\nmark = [\"libiec61850-sys/bindgen\"]\n\
             [dependencies]\nlibiec61850-sys = { workspace = true, features = [\"link\"] }\n",
        )
        .expect("a file");
        fs::write(program.join("src/main.rs"), PROGRAM).expect("a file");
        // The build script of the tool `ied` is the one that is tested.
        copy(&root.join("build.rs"), &program.join("build.rs"));
        Self {
            folder,
            outside: tempfile::tempdir().expect("a temporary folder"),
            _lock: lock,
        }
    }

    fn vendor(&self) -> PathBuf {
        self.folder.join("vendor")
    }

    /// `cargo build` of the program, with nothing in the environment that leads to a library but `variables`.
    fn cargo(&self, features: &[&str], variables: &[(&str, &OsStr)]) -> Output {
        self.build("program", features, variables)
    }

    fn build(&self, package: &str, features: &[&str], variables: &[(&str, &OsStr)]) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(&self.folder)
            .args(["build", "--offline", "--package", package])
            .arg("--target-dir")
            .arg(self.target())
            .args(["--features", &features.join(",")]);
        for name in [
            "LIBIEC61850_DIR",
            "LIBIEC61850_SRC",
            "LIBIEC61850_STATIC",
            "LD_LIBRARY_PATH",
            "CARGO_BUILD_TARGET",
            "DOCS_RS",
        ] {
            cargo.env_remove(name);
        }
        cargo
            .env("PKG_CONFIG_PATH", "")
            .env("PKG_CONFIG_LIBDIR", self.outside.path().join("none"))
            .envs(variables.iter().copied())
            .output()
            .expect("cargo starts")
    }

    fn target(&self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("ways-target")
    }

    /// Builds the program and returns what it prints.
    fn run(&self, features: &[&str], variables: &[(&str, &OsStr)]) -> String {
        let built = self.cargo(features, variables);
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        self.start()
    }

    /// Starts what was built, without help for the loader.
    fn start(&self) -> String {
        let output = Command::new(self.target().join("debug/program"))
            .env_remove("LD_LIBRARY_PATH")
            .output()
            .expect("the program starts");
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        text
    }

    /// What a build that must fail says.
    fn fails(&self, variables: &[(&str, &OsStr)]) -> String {
        let built = self.cargo(&[], variables);
        let text = String::from_utf8_lossy(&built.stderr).into_owned();
        assert!(!built.status.success(), "it was built:\n{text}");
        text
    }

    /// A copy of the stand-in's source tree.
    fn tree(&self, place: &Path) -> PathBuf {
        copy(&stand_in(), place);
        place.to_path_buf()
    }
}

fn stand_in() -> PathBuf {
    Path::new(CRATE).join("tests/fixtures/stand-in")
}

/// The manifest of the workspace: the packages' common settings and the versions of their dependencies are those of the real one.
fn manifest(root: &Path) -> String {
    let real = fs::read_to_string(root.join("Cargo.toml")).expect("the manifest");
    let start = real.find("[workspace.package]").expect("a section");
    let end = real.find("[workspace.lints").expect("a section");
    let sections: String = real[start..end]
        .lines()
        .filter(|line| !line.contains("{ path = "))
        .map(|line| format!("{line}\n"))
        .collect();
    format!(
        "[workspace]\nmembers = [\"program\", \"libiec61850-sys\"]\nresolver = \"3\"\n\n[profile.dev]\ndebug = false\n\n{sections}\
         libiec61850-sys = {{ path = \"libiec61850-sys\" }}\n"
    )
}

/// The manifest of this crate without its tests and benches and what only these need, the other crates of
/// the workspace among it.
fn for_users(bindings: &Path) -> String {
    let real = fs::read_to_string(bindings.join("Cargo.toml")).expect("the manifest");
    let mut is_dropped = false;
    real.lines()
        .filter(|line| {
            if line.starts_with('[') {
                is_dropped = ["[dev-dependencies]", "[[test]]", "[[bench]]"].contains(line);
            }
            !is_dropped
        })
        .map(|line| format!("{line}\n"))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}

/// Runs a program that the test needs.
fn tool(program: &str, arguments: &[&OsStr]) {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| {
            panic!("this test needs {program}, which does not start ({error}); on Debian: apt-get install cmake make gcc libc6-dev binutils pkg-config")
        });
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The stand-in compiled by hand, as somebody else would have installed it: `lib` and `include/libiec61850` below `prefix`.
fn install(prefix: &Path, version: &str, shared: bool) {
    let source = stand_in();
    let library = prefix.join("lib");
    let headers = prefix.join("include/libiec61850");
    fs::create_dir_all(&library).expect("a folder");
    for folder in ["hal/inc", "src/common/inc", "src/iec61850/inc"] {
        copy(&source.join(folder), &headers);
    }
    fs::write(
        headers.join("stand_in_version.h"),
        format!("#define STAND_IN_VERSION \"{version}\"\n"),
    )
    .expect("a file");
    let include = format!("-I{}", headers.display());
    let model = source.join("src/iec61850/model.c");
    let time = source.join("hal/time.c");
    if shared {
        let file = library.join("libiec61850.so");
        tool(
            "cc",
            &[
                "-shared".as_ref(),
                "-fPIC".as_ref(),
                include.as_ref(),
                "-Wl,-soname,libiec61850.so".as_ref(),
                "-o".as_ref(),
                file.as_ref(),
                model.as_ref(),
                time.as_ref(),
            ],
        );
    } else {
        for (source, name) in [(model, "iec61850"), (time, "hal")] {
            let object = library.join(format!("{name}.o"));
            tool(
                "cc",
                &[
                    "-c".as_ref(),
                    "-fPIC".as_ref(),
                    include.as_ref(),
                    "-o".as_ref(),
                    object.as_ref(),
                    source.as_ref(),
                ],
            );
            let archive = library.join(format!("lib{name}.a"));
            tool("ar", &["rcs".as_ref(), archive.as_ref(), object.as_ref()]);
        }
    }
}

fn pkg_config(prefix: &Path, version: &str) -> PathBuf {
    let folder = prefix.join("lib/pkgconfig");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(
        folder.join("libiec61850.pc"),
        format!(
            "prefix={}\nlibdir=${{prefix}}/lib\nName: libiec61850\nDescription: stand-in\nVersion: {version}\n\
             Libs: -L${{libdir}} -liec61850\nCflags: -I${{prefix}}/include\n",
            prefix.display()
        ),
    )
    .expect("a file");
    folder
}

#[test]
fn a_prefix_with_a_shared_library() {
    let workspace = Workspace::new();
    let prefix = workspace.outside.path().join("prefix");
    install(&prefix, "1.6.7", true);
    let variables = [("LIBIEC61850_DIR", prefix.as_os_str())];
    assert_eq!(
        workspace.run(&[], &variables),
        expected("LIBIEC61850_DIR", true, false)
    );

    // The same folder without a prefix around it, and a library with nothing but a version at the end of its name.
    let folder = workspace.outside.path().join("folder");
    fs::create_dir(&folder).expect("a folder");
    let file = folder.join("libiec61850.so.1.6.7");
    fs::rename(prefix.join("lib/libiec61850.so"), &file).expect("it moves");
    fs::copy(&file, folder.join("libiec61850.so.1.5.0")).expect("a copy");
    let missing = workspace.start();
    assert!(
        missing.contains("libiec61850.so: cannot open shared object file"),
        "the program takes its library from the prefix: {missing}"
    );
    let soname = folder.join("libiec61850.so");
    let variables = [("LIBIEC61850_DIR", folder.as_os_str())];
    let built = workspace.cargo(&[], &variables);
    assert!(built.status.success());
    fs::copy(&file, soname).expect("a copy");
    assert_eq!(workspace.start(), expected("LIBIEC61850_DIR", true, false));
}

#[test]
fn a_prefix_with_a_static_library() {
    let workspace = Workspace::new();
    let prefix = workspace.outside.path().join("prefix");
    install(&prefix, "1.6.7", false);
    let folder = [("LIBIEC61850_DIR", prefix.as_os_str())];
    assert_eq!(
        workspace.run(&[], &folder),
        expected("LIBIEC61850_DIR", false, false)
    );

    // With a shared one beside it that goes first, unless the user wants the static one.
    install(&prefix, "1.6.7", true);
    let wants_static = [folder[0], ("LIBIEC61850_STATIC", "1".as_ref())];
    assert_eq!(
        workspace.run(&[], &wants_static),
        expected("LIBIEC61850_DIR", false, false)
    );
    assert_eq!(
        workspace.run(&[], &folder),
        expected("LIBIEC61850_DIR", true, false)
    );
}

#[test]
fn a_source_tree_in_the_environment() {
    let workspace = Workspace::new();
    let tree = workspace.tree(&workspace.outside.path().join("tree"));
    let variables = [("LIBIEC61850_SRC", tree.as_os_str())];
    assert_eq!(
        workspace.run(&[], &variables),
        expected("LIBIEC61850_SRC", false, false)
    );
}

#[test]
fn a_source_tree_in_vendor_with_tls() {
    let workspace = Workspace::new();
    let tree = workspace.tree(&workspace.vendor().join("libiec61850"));
    fs::create_dir_all(tree.join("third_party/mbedtls/mbedtls-3.6.0")).expect("a folder");
    assert_eq!(
        workspace.run(&["tls"], &[]),
        expected("vendor/libiec61850", false, true) + "configuration true\n"
    );
}

#[test]
fn pkg_config_with_a_shared_and_a_static_library() {
    tool("pkg-config", &["--version".as_ref()]);
    let workspace = Workspace::new();
    for (shared, name) in [(true, "shared"), (false, "static")] {
        let prefix = workspace.outside.path().join(name);
        install(&prefix, "1.6.7", shared);
        let folder = pkg_config(&prefix, "1.6.7");
        let variables = [("PKG_CONFIG_LIBDIR", folder.as_os_str())];
        assert_eq!(
            workspace.run(&[], &variables),
            expected("pkg-config", shared, false)
        );
    }

    let prefix = workspace.outside.path().join("shared");
    let folder = pkg_config(&prefix, "1.5.3");
    let text = workspace.fails(&[("PKG_CONFIG_LIBDIR", folder.as_os_str())]);
    assert!(
        text.contains("pkg-config: this is libiec61850 1.5.3; 1.6 or newer is needed"),
        "{text}"
    );
}

#[test]
fn a_prebuilt_library_in_vendor() {
    let workspace = Workspace::new();
    let prefix = workspace.outside.path().join("prefix");
    install(&prefix, "1.6.7", true);
    let prebuilt = workspace
        .vendor()
        .join("prebuilt")
        .join(std::env::consts::ARCH);
    copy(&prefix.join("lib"), &prebuilt);
    assert_eq!(
        workspace.run(&[], &[]),
        expected("vendor/prebuilt", true, false)
    );
}

#[test]
fn each_way_goes_before_the_next() {
    let workspace = Workspace::new();
    let outside = workspace.outside.path();
    let prefix = outside.join("prefix");
    install(&prefix, "1.6.7", true);
    let folder = pkg_config(&prefix, "1.6.7");
    copy(
        &prefix.join("lib"),
        &workspace
            .vendor()
            .join("prebuilt")
            .join(std::env::consts::ARCH),
    );
    let tree = workspace.tree(&outside.join("tree"));
    let all: [(&str, &OsStr); 3] = [
        ("LIBIEC61850_DIR", prefix.as_ref()),
        ("LIBIEC61850_SRC", tree.as_ref()),
        ("PKG_CONFIG_LIBDIR", folder.as_ref()),
    ];
    for (skipped, way) in [
        (0, "LIBIEC61850_DIR"),
        (1, "LIBIEC61850_SRC"),
        (2, "pkg-config"),
        (3, "vendor/prebuilt"),
    ] {
        let printed = workspace.run(&[], &all[skipped..]);
        assert!(printed.contains(&format!("\nway {way}\n")), "{printed}");
    }
}

#[test]
fn without_the_feature_no_library_is_needed() {
    let workspace = Workspace::new();
    let built = workspace.build("libiec61850-sys", &[], &[]);
    let text = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{text}");
}

/// As docs.rs does, which has no library.
#[test]
fn documentation_needs_no_library() {
    let workspace = Workspace::new();
    let built = workspace.build("libiec61850-sys", &["link"], &[("DOCS_RS", "1".as_ref())]);
    let text = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{text}");
}

#[test]
fn no_library_names_the_four_ways() {
    let workspace = Workspace::new();
    let text = workspace.fails(&[]);
    for part in [
        "libiec61850 was not found",
        "1. LIBIEC61850_DIR names an install prefix",
        "2. LIBIEC61850_SRC names its source tree, or the tree is in vendor/libiec61850",
        "3. pkg-config knows it as libiec61850",
        "4. vendor/prebuilt has it from a PyPI wheel: run `cargo xtask libiec61850`",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn a_variable_that_leads_nowhere_is_an_error() {
    let workspace = Workspace::new();
    let empty = workspace.outside.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    let text = workspace.fails(&[("LIBIEC61850_DIR", empty.as_os_str())]);
    assert!(
        text.contains("there is no shared or static libiec61850 in"),
        "{text}"
    );
    let text = workspace.fails(&[("LIBIEC61850_SRC", empty.as_os_str())]);
    assert!(text.contains("is no source tree of libiec61850"), "{text}");
    let text = workspace.fails(&[("LIBIEC61850_DIR", "target/lib".as_ref())]);
    assert!(text.contains("it must be an absolute path"), "{text}");
    let tree = workspace.tree(&workspace.outside.path().join("tree"));
    let text = workspace.fails(&[
        ("LIBIEC61850_SRC", tree.as_os_str()),
        ("CMAKE", "/nowhere/cmake".as_ref()),
    ]);
    assert!(
        text.contains("needs CMake, and /nowhere/cmake does not start"),
        "{text}"
    );
    assert!(text.contains("apt-get install cmake"), "{text}");
}

#[test]
fn libraries_that_do_not_fit_are_refused() {
    let workspace = Workspace::new();
    let outside = workspace.outside.path();

    // An old source tree, before it is built.
    let tree = workspace.tree(&outside.join("tree"));
    let lists = tree.join("CMakeLists.txt");
    let content = fs::read_to_string(&lists).expect("the file");
    fs::write(
        &lists,
        content.replace("LIB_VERSION_MINOR \"6\"", "LIB_VERSION_MINOR \"5\""),
    )
    .expect("a file");
    let text = workspace.fails(&[("LIBIEC61850_SRC", tree.as_os_str())]);
    assert!(
        text.contains("this is libiec61850 1.5; 1.6 or newer is needed"),
        "{text}"
    );

    // An old library that does not say so until it runs, and the same with its version in the name.
    let old = outside.join("old");
    install(&old, "1.5.3", true);
    assert_eq!(
        workspace.run(&[], &[("LIBIEC61850_DIR", old.as_os_str())]),
        "libiec61850 1.5.3 is loaded, but 1.6.0 or newer is needed\n"
    );

    let named = outside.join("named");
    fs::create_dir(&named).expect("a folder");
    copy(
        &old.join("lib/libiec61850.so"),
        &named.join("libiec61850.so.1.5.3"),
    );
    let text = workspace.fails(&[("LIBIEC61850_DIR", named.as_os_str())]);
    assert!(
        text.contains("LIBIEC61850_DIR: this is libiec61850 1.5; 1.6 or newer is needed"),
        "{text}"
    );

    // One for another machine: the number of the machine is at octet 18 of an ELF file.
    let prefix = outside.join("prefix");
    install(&prefix, "1.6.7", true);
    let file = prefix.join("lib/libiec61850.so");
    let mut content = fs::read(&file).expect("the library");
    let (machine, name) = if cfg!(target_arch = "aarch64") {
        (62, "x86_64")
    } else {
        (183, "aarch64")
    };
    content[18] = machine;
    fs::write(&file, content).expect("a file");
    let text = workspace.fails(&[("LIBIEC61850_DIR", prefix.as_os_str())]);
    assert!(
        text.contains(&format!("libiec61850.so is a library for {name}")),
        "{text}"
    );

    // Another library under the name.
    let other = outside.join("other");
    fs::create_dir(&other).expect("a folder");
    let source = stand_in().join("hal/time.c");
    let include = format!("-I{}", stand_in().join("hal/inc").display());
    tool(
        "cc",
        &[
            "-shared".as_ref(),
            "-fPIC".as_ref(),
            include.as_ref(),
            "-o".as_ref(),
            other.join("libiec61850.so").as_ref(),
            source.as_ref(),
        ],
    );
    let text = workspace.fails(&[("LIBIEC61850_DIR", other.as_os_str())]);
    assert!(
        text.contains("is no libiec61850: it does not export LibIEC61850_getVersionString"),
        "{text}"
    );
}

#[test]
fn missing_functions_are_named() {
    let workspace = Workspace::new();
    let prefix = workspace.outside.path().join("prefix");
    install(&prefix, "1.6.7", false);
    let variables = [("LIBIEC61850_DIR", prefix.as_os_str())];
    // The program asks for TLS, which this library was built without.
    let built = workspace.cargo(&["tls"], &variables);
    let text = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(!built.status.success());
    assert!(text.contains("TLSConfiguration_create"), "{text}");
    assert!(
        text.contains("the library does not export")
            && text.contains("of the declared functions, the first of them"),
        "{text}"
    );
}

/// Where the library comes with its own headers, the feature bindgen reads those.
#[cfg(feature = "bindgen")]
#[test]
fn bindings_are_made_from_the_headers_of_the_library() {
    let workspace = Workspace::new();
    let tools = Path::new(CRATE).with_file_name("target/tools/libclang/clang/native");
    let libclang = std::env::var_os("LIBCLANG_PATH").unwrap_or_else(|| tools.into_os_string());
    let prefix = workspace.outside.path().join("prefix");
    install(&prefix, "1.6.7", true);
    fs::remove_file(prefix.join("include/libiec61850/stand_in_version.h")).expect("a file");
    let mut variables = vec![("LIBIEC61850_DIR", prefix.as_os_str())];
    if Path::new(&libclang).is_dir() {
        variables.push(("LIBCLANG_PATH", &libclang));
    }
    assert_eq!(
        workspace.run(&["mark"], &variables),
        expected("LIBIEC61850_DIR", true, false) + "mark 4711\n"
    );
}
