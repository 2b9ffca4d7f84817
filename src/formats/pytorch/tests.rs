use super::PyTorch;
use crate::{
    bytes::{Budget, Bytes, Limits, Name, Span, wide},
    facts::{Fact, Said, Storage},
    formats::{Collected, Emit, Format as _, Place, Role, Sure, Told},
    wire::zip::build::*,
};

fn parse(bytes: &[u8]) -> Collected {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    PyTorch.parse(&Bytes::of_file(bytes.to_vec()), &mut out).unwrap();
    out.finish()
}

fn storage(key: &str, elements: u64, width: u64) -> Storage {
    let class = Name::from("torch.FloatStorage");
    Storage { key: Name::from(key), class, device: Name::from("cpu"), elements, width, oddities: Vec::new() }
}

fn told(name: &str, storages: &[Storage]) -> Told {
    let fact = |said: &Storage| Fact { span: Span::default(), chain: 0, count: 1, said: said.clone().into() };
    let facts = storages.iter().map(fact).collect();
    Told { name: Name::from(name), role: Role::TorchData, facts, formats: vec!["pickle"], complete: true }
}

/// What is said and handed over once the pickles have told of storages.
fn settle(mut collected: Collected, told: &[Told]) -> Collected {
    let (place, budget) = (Place::default(), Budget::new(Limits::default()));
    let mut out = Emit::new(&place, &budget);
    (collected.later.take().unwrap())(told, &mut out).unwrap();
    out.finish()
}

fn names(collected: &Collected) -> Vec<String> {
    collected.children.iter().map(|child| child.name.to_string()).collect()
}

fn odd(collected: &Collected) -> Vec<(String, Vec<&'static str>)> {
    let storages = collected.facts.iter().filter_map(|fact| match &fact.said {
        Said::Storage(storage) => Some((storage.key.to_string(), storage.oddities.clone())),
        _ => None,
    });
    storages.collect()
}

fn anomalies(collected: &Collected) -> Vec<&'static str> {
    let found = collected.facts.iter().filter_map(|fact| match &fact.said {
        Said::Anomaly(anomaly) => Some(anomaly.what),
        _ => None,
    });
    found.collect()
}

fn model() -> Vec<Member> {
    vec![
        torch("m/data.pkl", b"\x80\x02."),
        torch("m/byteorder", b"little"),
        torch("m/data/0", &[1; 16]),
        torch("m/data/1", &[2; 8]),
        torch("m/version", b"3\n"),
        torch("m/.data/serialization_id", b"0123456789"),
    ]
}

#[test]
fn proved_storages_are_covered_and_not_read() {
    let bytes = archive(&model());
    let first = parse(&bytes);
    assert_eq!(names(&first), ["m/data.pkl"]);
    assert_eq!(first.children[0].role, Role::TorchData);
    let mut covered = first.covered.clone();
    let later = settle(first, &[told("m/data.pkl", &[storage("0", 4, 4), storage("1", 8, 1)])]);
    assert!(later.children.is_empty() && later.facts.is_empty() && later.gaps.is_empty());
    covered.extend(&later.covered);
    assert!(covered.holes(wide(bytes.len())).is_empty());
}

#[test]
fn what_no_reference_proves_is_handed_over() {
    let members = [model(), vec![torch("m/data/2", b"\x80\x02cos\nsystem\n.")]].concat();
    let later = settle(
        parse(&archive(&members)),
        &[told(
            "m/data.pkl",
            &[storage("0", 4, 0), storage("1", 9, 1), storage("7", 1, 4), storage("../x", 1, 4)],
        )],
    );
    assert_eq!(names(&later), ["m/data/0", "m/data/1", "m/data/2"]);
    let expected =
        [("1", vec!["size-differs"]), ("7", vec!["missing"]), ("../x", vec!["odd-key", "missing"])];
    assert_eq!(odd(&later), expected.map(|(key, oddities)| (key.to_owned(), oddities)));
}

#[test]
fn a_tensor_without_bytes_needs_no_member() {
    let meta = Storage { device: Name::from("meta"), ..storage("9", 100, 4) };
    let members =
        [model(), vec![torch("m/traced_inputs.pkl", b"."), torch("m/traced_inputs/0", b"")]].concat();
    let references = [
        told("m/data.pkl", &[meta, storage("8", 0, 4), storage("0", 4, 4)]),
        told("m/traced_inputs.pkl", &[storage("0", 768, 4)]),
    ];
    assert!(odd(&settle(parse(&archive(&members)), &references)).is_empty());
}

#[test]
fn each_pickle_has_its_own_folder_of_storages() {
    let members = [
        torch("m/data.pkl", b"."),
        torch("m/constants.pkl", b"."),
        torch("m/bytecode.pkl", b"."),
        torch("m/pkg/model.pkl", b"."),
        torch("m/data/0", &[0; 4]),
        torch("m/constants/0", &[0; 8]),
        torch("m/constants/1", &[0; 8]),
        torch("m/.data/0.storage", &[0; 2]),
    ];
    let references = [
        told("m/data.pkl", &[storage("0", 1, 4)]),
        told("m/constants.pkl", &[storage("0", 2, 4)]),
        told("m/bytecode.pkl", &[storage("1", 2, 4)]),
        told("m/pkg/model.pkl", &[storage("0", 2, 1)]),
    ];
    let later = settle(parse(&archive(&members[..7])), &references[..3]);
    assert!(odd(&later).is_empty() && later.children.is_empty());
    let package = [members[3].clone(), members[7].clone(), torch("m/.data/extern_modules", b"sys\n")];
    let later = settle(parse(&archive(&package)), &references[3..]);
    assert!(odd(&later).is_empty() && later.children.is_empty());
}

#[test]
fn archives_behind_each_other_keep_their_storages_apart() {
    let one = archive(&[torch("m/data.pkl", b"."), torch("m/data/0", &[0; 4])]);
    let two = archive(&[torch("m/data.pkl", b"."), torch("m/data/0", &[0; 8])]);
    let first = parse(&[one, two].concat());
    assert_eq!(anomalies(&first), ["several-archives"]);
    let references = [told("m/data.pkl", &[storage("0", 1, 4)]), told("m/data.pkl", &[storage("0", 2, 4)])];
    let later = settle(first, &references);
    assert!(odd(&later).is_empty() && later.children.is_empty());
}

#[test]
fn names_are_looked_up_without_regard_to_case() {
    let members = [torch("m/DATA.PKL", b"."), torch("m/Data/0", &[0; 4])];
    let bytes = Bytes::of_file(archive(&members));
    assert_eq!(PyTorch.probe(&bytes, &Place::default()), Sure::Yes);
    let first = parse(&bytes);
    assert_eq!(first.children[0].role, Role::TorchData);
    assert_eq!(anomalies(&first), ["odd-case"]);
    let later = settle(first, &[told("m/DATA.PKL", &[storage("0", 1, 4)])]);
    assert!(odd(&later).is_empty() && later.children.is_empty());
}

#[test]
fn several_main_pickles_and_roots_are_said() {
    let members = [torch("b/data.pkl", b"1"), torch("a/data.pkl", b"2")];
    let collected = parse(&archive(&members));
    assert_eq!(names(&collected), ["b/data.pkl", "a/data.pkl"]);
    assert_eq!(anomalies(&collected), ["several-roots", "several-data-pkl"]);
}

#[test]
fn a_renamed_local_header_does_not_rename_the_role() {
    let hidden = Member { local_name: Some(b"m/data.pkl".to_vec()), ..torch("m/notes.txt", b"\x80\x02.") };
    let collected = parse(&archive(&[torch("m/data.pkl", b"."), hidden]));
    assert!(collected.children.iter().all(|child| child.role == Role::TorchData));
}

#[test]
fn program_code_is_told_by_what_it_calls() {
    let script =
        deflated("m/code/__torch__/a.py", b"def forward(self):\n  return torch.from_file(\"/x\", True)\n");
    let python = deflated("m/pkg/a.py", b"import os\nos.system('id')\n");
    let debug = deflated("m/code/__torch__/a.py.debug_pkl", b"\x80\x02.");
    let collected = parse(&archive(&[torch("m/constants.pkl", b"."), script, python, debug]));
    assert_eq!(names(&collected), ["m/constants.pkl", "m/code/__torch__/a.py.debug_pkl"]);
    assert_eq!(collected.children[1].role, Role::Pickle);
    let codes: Vec<(&str, String)> = collected
        .facts
        .iter()
        .filter_map(|fact| match &fact.said {
            Said::Code(code) => Some((
                code.language,
                code.names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            )),
            _ => None,
        })
        .collect();
    assert_eq!(codes, [("torchscript", "torch.from_file".to_owned()), ("python", "os os.system".to_owned())]);
}

#[test]
fn lines_that_are_no_lines_are_handed_over() {
    let members = [torch("m/data.pkl", b"."), torch("m/version", b"\x80\x02cos\nsystem\n.")];
    assert_eq!(names(&parse(&archive(&members))), ["m/data.pkl", "m/version"]);
}

#[test]
fn an_archive_cut_short_is_still_known() {
    let bytes = archive(&model());
    let cut = Bytes::of_file(bytes[..bytes.len() / 2].to_vec());
    assert_eq!(PyTorch.probe(&cut, &Place::default()), Sure::Yes);
    let collected = parse(&cut);
    assert_eq!(names(&collected), ["m/data.pkl"]);
    assert!(!collected.gaps.is_empty());
    let zip = Bytes::of_file(archive(&[stored("a", b"b")]));
    assert_eq!(PyTorch.probe(&zip, &Place::default()), Sure::No);
}
