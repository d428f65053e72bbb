//! Clips at rest: decode, intake (measure, hash, judge), shelf (keep, hand out).
