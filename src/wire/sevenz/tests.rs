//! Headers written byte by byte.

use std::io::Read as _;

use super::*;

/// One stored folder with the files `a` of 3 bytes and `b` of the rest.
fn plain(packed: u8) -> Vec<u8> {
    let mut header = vec![0x01, 0x04];
    header.extend([0x06, 0, 1, 0x09, packed, 0x00]);
    header.extend([0x07, 0x0b, 1, 0, 1, 0x01, 0x00, 0x0c, packed, 0x00]);
    header.extend([0x08, 0x0d, 2, 0x09, 3, 0x00, 0x00]);
    header.extend([0x05, 2, 0x11, 9, 0, b'a', 0, 0, 0, b'b', 0, 0, 0, 0x00, 0x00]);
    header
}

#[test]
fn files_are_parts_of_folders() {
    let bytes = Bytes::computed([&[0; 32][..], b"onetwo!"].concat());
    let Archive::Plain(folders, files) = read(&Bytes::computed(plain(7)), 100).unwrap() else { panic!() };
    let names: Vec<_> = files.iter().map(|file| file.name.to_string()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(folders[0].files, [(3, None), (4, None)]);
    let mut out = Vec::new();
    open(&bytes, &folders[0]).unwrap().read_to_end(&mut out).unwrap();
    assert_eq!(out, b"onetwo!");
}

#[test]
fn a_header_that_is_cut_or_changed_anywhere_is_refused_or_read_and_never_worse() {
    let header = plain(7);
    for cut in 0..header.len() {
        assert!(read(&Bytes::computed(header[..cut].to_vec()), 100).is_err(), "cut at {cut}");
        for byte in 0..=255 {
            let mut changed = header.clone();
            changed[cut] = byte;
            let _either = read(&Bytes::computed(changed), 100);
        }
    }
}

#[test]
fn more_members_than_allowed_are_refused_before_room_is_made() {
    let huge = [0x01, 0x05, 0xff, 255, 255, 255, 255, 255, 255, 255, 127];
    assert!(read(&Bytes::computed(huge.to_vec()), 1000).is_err());
}

/// The folder of a header with one folder of these coders, binds and packed streams, all of 7 bytes.
fn folder(coders: &[(u8, u8)], more: &[u8], packed: u8) -> Folder {
    let mut header = vec![0x01, 0x04, 0x06, 0, packed, 0x09];
    header.extend(vec![7; usize::from(packed)]);
    header.extend([0x00, 0x07, 0x0b, 1, 0]);
    header.push(u8::try_from(coders.len()).unwrap());
    for &(id, ins) in coders {
        header.extend([0x11, id, ins, 1]);
    }
    header.extend(more);
    header.push(0x0c);
    header.extend(vec![7; coders.len()]);
    header.extend([0, 0, 0]);
    let Archive::Plain(folders, _) = read(&Bytes::computed(header), 100).unwrap() else { panic!() };
    folders[0].clone()
}

#[test]
fn coders_come_behind_those_that_they_read() {
    // A coder of two inputs, the first of which another coder gives.
    let tree = folder(&[(1, 2), (2, 1)], &[0, 1, 1, 2], 2);
    let read: Vec<_> = tree.coders.iter().map(|coder| (coder.method.0, coder.inputs.clone())).collect();
    assert_eq!(read, [(2, vec![Input::Packed(1)]), (1, vec![Input::Coder(0), Input::Packed(0)])]);
    assert_eq!((tree.sizes.len(), tree.packed.len()), (2, 2));
}

#[test]
fn coders_that_form_no_tree_are_not_read() {
    let none = Bytes::computed(vec![0; 64]);
    let outcome = |coders: &[(u8, u8)], binds: &[u8]| {
        open(&none, &folder(coders, binds, 1)).map(|_| ()).map_err(|error| error.kind())
    };
    assert_eq!(outcome(&[(0, 1), (0, 1)], &[0, 1]), Ok(()));
    let knots: [&[u8]; 3] = [&[0, 0], &[0, 2, 1, 2], &[0, 1, 1, 0]];
    for binds in knots {
        let coders = vec![(0, 1); binds.len() / 2 + 1];
        assert_eq!(outcome(&coders, binds), Err(std::io::ErrorKind::Unsupported), "{binds:?}");
    }
}
