//! Which library a program runs with.

use std::fmt;
use std::str::FromStr;

/// A version of libiec61850.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Raised when programs have to be changed.
    pub major: u32,
    /// Raised with new functions; structures may change their layout.
    pub minor: u32,
    /// Raised with corrections.
    pub patch: u32,
}

impl Version {
    /// The oldest version that these bindings fit.
    pub const OLDEST: Self = Self {
        major: 1,
        minor: 6,
        patch: 0,
    };

    /// The version itself if the bindings fit it.
    ///
    /// # Errors
    ///
    /// [`VersionError::TooOld`] below [`Version::OLDEST`], [`VersionError::TooNew`] from version 2 on, whose structures are not known.
    pub fn check(self) -> Result<Self, VersionError> {
        if self < Self::OLDEST {
            Err(VersionError::TooOld(self))
        } else if self.major > Self::OLDEST.major {
            Err(VersionError::TooNew(self))
        } else {
            Ok(self)
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let unknown = || VersionError::Unknown(text.to_owned());
        let mut numbers = text.split('.').map(|part| {
            // What follows the digits names a release candidate or a packager's revision.
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part.get(..end).and_then(|digits| digits.parse().ok())
        });
        let mut next = || numbers.next().flatten();
        let major = next().ok_or_else(unknown)?;
        let minor = next().ok_or_else(unknown)?;
        Ok(Self {
            major,
            minor,
            patch: next().unwrap_or(0),
        })
    }
}

/// The library that a program runs with is not one that these bindings fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// Its structures differ, so that calls would corrupt memory.
    #[error("libiec61850 {0} is loaded, but {oldest} or newer is needed", oldest = Version::OLDEST)]
    TooOld(Version),
    /// Its structures are not known.
    #[error("libiec61850 {0} is loaded, but only versions {major}.x are known", major = Version::OLDEST.major)]
    TooNew(Version),
    /// It does not say which version it is.
    #[error("libiec61850 says that it is version {0:?}, which is none")]
    Unknown(String),
}

/// The version of the library that is loaded.
///
/// # Errors
///
/// [`VersionError`] when these bindings do not fit it: nothing else of this crate may then be called.
///
/// ```no_run
/// let version = libiec61850_sys::version()?;
/// println!("running with libiec61850 {version}");
/// # Ok::<(), libiec61850_sys::VersionError>(())
/// ```
#[cfg(feature = "link")]
pub fn version() -> Result<Version, VersionError> {
    // SAFETY: the function takes nothing, touches no state and returns a string constant of the library, or NULL in none of its versions;
    // NULL is checked all the same.
    let text = unsafe {
        let text = crate::LibIEC61850_getVersionString();
        if text.is_null() {
            return Err(VersionError::Unknown(String::new()));
        }
        std::ffi::CStr::from_ptr(text)
    };
    text.to_string_lossy().parse::<Version>()?.check()
}

#[cfg(test)]
mod tests {
    use super::{Version, VersionError};

    fn version(major: u32, minor: u32, patch: u32) -> Version {
        Version {
            major,
            minor,
            patch,
        }
    }

    #[test]
    fn versions_are_read() {
        assert_eq!("1.6.1".parse(), Ok(version(1, 6, 1)));
        assert_eq!("1.6".parse(), Ok(version(1, 6, 0)));
        assert_eq!("1.7.0-rc1".parse(), Ok(version(1, 7, 0)));
        assert_eq!("10.20.30.40".parse(), Ok(version(10, 20, 30)));
        for text in ["", "1", "one.two", "1.", ".6", "99999999999.1"] {
            assert_eq!(
                text.parse::<Version>(),
                Err(VersionError::Unknown(text.to_owned()))
            );
        }
    }

    #[test]
    fn only_versions_that_fit_pass() {
        assert_eq!(version(1, 6, 0).check(), Ok(version(1, 6, 0)));
        assert_eq!(version(1, 12, 3).check(), Ok(version(1, 12, 3)));
        assert_eq!(
            version(1, 5, 9).check().map_err(|error| error.to_string()),
            Err("libiec61850 1.5.9 is loaded, but 1.6.0 or newer is needed".to_owned())
        );
        assert_eq!(
            version(2, 0, 0).check().map_err(|error| error.to_string()),
            Err("libiec61850 2.0.0 is loaded, but only versions 1.x are known".to_owned())
        );
    }
}
