//! The district: router, rolling, api.
