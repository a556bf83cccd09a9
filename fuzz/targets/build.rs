//! What the tests of this package need: where the loader finds a libiec61850 that is a shared library outside the system's folders.
#![forbid(unsafe_code)]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // From libiec61850-sys, and so only with the feature libiec61850. Packages that make programs say it for those.
    if let Some(folder) = std::env::var_os("DEP_IEC61850_RPATH") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
}
