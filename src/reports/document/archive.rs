//! A document of Word: an archive of a few XML files.
//! Source: ECMA-376 (Office Open XML), parts 1 and 2.

use std::io::{self, Seek, Write};

use super::super::xml::holdable;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

const TYPES: &str = include_str!("../../../templates/reports/content_types.xml");
const ROOT: &str = include_str!("../../../templates/reports/root.rels");
const LINKS: &str = include_str!("../../../templates/reports/document.rels");
const STYLES: &str = include_str!("../../../templates/reports/styles.xml");
const HEADER: &str = include_str!("../../../templates/reports/header.xml");

const END: &str = "</Relationships>";
const PICTURE: &str = "<Relationship Id=\"code\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/image\" Target=\"media/code.png\"/></Relationships>";

/// A document whose text is written bit by bit.
pub(in crate::reports) struct Archive<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> Archive<W> {
    /// Begins with all but the text. The picture, if there is one, is a PNG.
    pub(in crate::reports) fn new(into: W, picture: Option<&[u8]>) -> io::Result<Self> {
        let mut archive = Self(ZipWriter::new(into));
        for (name, text) in [
            ("[Content_Types].xml", TYPES),
            ("_rels/.rels", ROOT),
            ("word/styles.xml", STYLES),
            ("word/header1.xml", HEADER),
        ] {
            archive.0.start_file(name, options())?;
            archive.0.write_all(text.as_bytes())?;
        }
        archive.0.start_file("word/_rels/document.xml.rels", options())?;
        let links = if picture.is_some() { LINKS.replace(END, PICTURE) } else { LINKS.to_owned() };
        archive.0.write_all(links.as_bytes())?;
        if let Some(picture) = picture {
            archive.0.start_file("word/media/code.png", options())?;
            archive.0.write_all(picture)?;
        }
        archive.0.start_file("word/document.xml", options())?;
        Ok(archive)
    }

    /// Writes on in the text, leaving out what XML 1.0 cannot hold.
    pub(in crate::reports) fn write(&mut self, text: String) -> io::Result<()> {
        self.0.write_all(holdable(text).as_bytes())
    }

    /// Ends it and gives back what it was written into.
    pub(in crate::reports) fn finish(self) -> io::Result<W> {
        Ok(self.0.finish()?)
    }
}

/// The same bytes whenever they are written.
fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
}
