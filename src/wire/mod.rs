//! Floor 1: encodings that formats share, with no knowledge of models.
