//! The archive: one file with all that an offline audit needs (PSE-ARC-1).
//!
//! A magic number, then records, each as its length (4 bytes, little-endian) and its SCALE encoding:
//! one [`Genesis`], a [`Block`] for every number from 1 on, one [`Closing`]; behind some blocks, what
//! is [`Between`] them and the next. Reader and writer hold one record at a time.

use std::io::{Read, Write};

use codec::{Compact, Decode, DecodeAll, Encode};
use psephos_primitives::{
    hashing::blake2_256, tally::ElectionResult, BlockNumber, ElectionId, Hash,
};

use crate::Header;

/// The first eight bytes: the format's name and version.
pub const MAGIC: [u8; 8] = *b"PSEPHOS\x02";
/// What archives began with before validators and code could change.
const MAGIC_1: [u8; 8] = *b"PSEPHOS\x01";
/// Bytes of one record at most: a block of 5 MiB, or a genesis proof with the runtime's code in it.
pub const MAX_RECORD_BYTES: u32 = 16 * 1024 * 1024;

/// The chain's beginning (PSE-ARC-2).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Genesis {
    /// The header of block 0.
    pub header: Header,
    /// The runtime's specification version, which every signature covers.
    pub spec_version: u32,
    /// The runtime's transaction version, which every signature covers.
    pub transaction_version: u32,
    /// Nodes of the state trie that prove [`genesis_keys`](crate::state_proof::genesis_keys).
    pub proof: Vec<Vec<u8>>,
}

/// A block of the chain has never so many extrinsics: its body has at most 5 MiB, and nothing that it
/// admits is shorter than a clock's ten bytes, or a ballot's 696 (PSE-ARC-3).
pub const MAX_BLOCK_EXTRINSICS: u32 = 1 << 16;

/// One block (PSE-ARC-3).
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct Block {
    /// Its header.
    pub header: Header,
    /// Its extrinsics as they stand in the block's body, each with its length in front.
    pub extrinsics: Vec<Vec<u8>>,
}

impl Decode for Block {
    fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
        let header = Header::decode(input)?;
        let Compact(count) = Compact::<u32>::decode(input)?;
        // In memory even an empty one takes hundreds of times its byte in the file.
        if count > MAX_BLOCK_EXTRINSICS {
            return Err("a block with more extrinsics than any can have".into());
        }
        let extrinsics = (0..count).map(|_| Vec::decode(input));
        Ok(Self {
            header,
            extrinsics: extrinsics.collect::<Result<_, _>>()?,
        })
    }
}

/// The versions of the runtime that every signature covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Runtime {
    /// The specification version.
    pub spec_version: u32,
    /// The transaction version.
    pub transaction_version: u32,
}

/// What stands behind a block and before the next one, or before the closing record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Between {
    /// GRANDPA's justification for the block before, which announced other validators (PSE-ARC-7).
    pub handover: Option<Vec<u8>>,
    /// The runtime from the next block on, where the block before replaced its code (PSE-ARC-8).
    pub runtime: Option<Runtime>,
}

/// What shows that the blocks are final and what was published (PSE-ARC-4).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Closing {
    /// The election that the archive was made for.
    pub election: ElectionId,
    /// Headers after the last block, up to the one that the justification is for; often none.
    pub descendants: Vec<Header>,
    /// A GRANDPA justification, as nodes store and hand it out.
    pub justification: Vec<u8>,
    /// The block whose state root the proof is under.
    pub proof_block: BlockNumber,
    /// Nodes of the state trie that prove [`result_key`](crate::state_proof::result_key).
    pub proof: Vec<Vec<u8>>,
    /// The result, as it was read from a node; none if the election was cancelled.
    pub result: Option<ElectionResult>,
}

/// Anything that stands in an archive.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Record {
    /// First.
    #[codec(index = 0)]
    Genesis(Genesis),
    /// Then these.
    #[codec(index = 1)]
    Block(Block),
    /// Last.
    #[codec(index = 2)]
    Closing(Closing),
    /// Behind a block that announces other validators: the justification for it.
    #[codec(index = 3)]
    Handover(Vec<u8>),
    /// Behind a block that replaced the runtime's code: the versions from the next one on.
    #[codec(index = 4)]
    Runtime(Runtime),
}

/// What may stand at a certain place of an archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// The first record.
    Genesis,
    /// A block or, after the last one, the closing record.
    BlockOrClosing,
    /// The same, or versions of the runtime.
    RuntimeBlockOrClosing,
    /// The same, or a handover: behind a block.
    HandoverRuntimeBlockOrClosing,
    /// Nothing more.
    End,
}

impl Expected {
    /// What may stand behind this record, if it may stand here (PSE-ARC-1).
    const fn behind(self, record: &Record) -> Option<Self> {
        match (self, record) {
            (Self::Genesis, Record::Genesis(_)) => Some(Self::BlockOrClosing),
            (Self::Genesis | Self::End, _) | (_, Record::Genesis(_)) => None,
            (_, Record::Block(_)) => Some(Self::HandoverRuntimeBlockOrClosing),
            (_, Record::Closing(_)) => Some(Self::End),
            (Self::HandoverRuntimeBlockOrClosing, Record::Handover(_)) => {
                Some(Self::RuntimeBlockOrClosing)
            }
            (
                Self::HandoverRuntimeBlockOrClosing | Self::RuntimeBlockOrClosing,
                Record::Runtime(_),
            ) => Some(Self::BlockOrClosing),
            (_, Record::Handover(_) | Record::Runtime(_)) => None,
        }
    }
}

/// Why a file is no archive; says where.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The operating system cannot read or write it.
    #[error("record {record} at byte {offset}: {source}")]
    Io {
        /// Where the record begins.
        offset: u64,
        /// Counted from 0.
        record: u64,
        /// What the system says.
        source: std::io::Error,
    },
    /// Does not begin with [`MAGIC`].
    #[error("this is no archive of Psephos, version 2: it begins with 0x{}", hex::encode(.0))]
    Magic([u8; 8]),
    /// Of the layout that has no place for other validators or another code.
    #[error("this is an archive of version 1, and this program reads version 2")]
    Version1,
    /// Ends in the middle.
    #[error("record {record} at byte {offset}: the file ends here")]
    Truncated {
        /// Where the record begins.
        offset: u64,
        /// Counted from 0.
        record: u64,
    },
    /// A record above [`MAX_RECORD_BYTES`].
    #[error(
        "record {record} at byte {offset}: {bytes} bytes, at most {MAX_RECORD_BYTES} are allowed"
    )]
    TooLong {
        /// Where the record begins.
        offset: u64,
        /// Counted from 0.
        record: u64,
        /// What its length says.
        bytes: u64,
    },
    /// Not the encoding of a record.
    #[error("record {record} at byte {offset}: {reason}")]
    Encoding {
        /// Where the record begins.
        offset: u64,
        /// Counted from 0.
        record: u64,
        /// What the codec says.
        reason: String,
    },
    /// A record that has no place here.
    #[error("record {record} at byte {offset} is out of order: expected {expected:?}")]
    Order {
        /// Where the record begins.
        offset: u64,
        /// Counted from 0.
        record: u64,
        /// What may stand here.
        expected: Expected,
    },
}

/// Writes an archive, record by record. The same records give the same bytes.
pub struct ArchiveWriter<W> {
    output: W,
    expected: Expected,
    offset: u64,
    record: u64,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins an archive with its genesis (PSE-ARC-2).
    pub fn new(mut output: W, genesis: Genesis) -> Result<Self, ArchiveError> {
        output
            .write_all(&MAGIC)
            .map_err(|source| ArchiveError::Io {
                offset: 0,
                record: 0,
                source,
            })?;
        let offset = MAGIC.len() as u64;
        let mut writer = Self {
            output,
            expected: Expected::Genesis,
            offset,
            record: 0,
        };
        writer.write(&Record::Genesis(genesis))?;
        Ok(writer)
    }

    /// Adds the next block (PSE-ARC-3).
    pub fn block(&mut self, block: Block) -> Result<(), ArchiveError> {
        self.write(&Record::Block(block))
    }

    /// Adds what stands behind the last block (PSE-ARC-7, PSE-ARC-8); mostly nothing.
    pub fn between(&mut self, between: Between) -> Result<(), ArchiveError> {
        let Between { handover, runtime } = between;
        if let Some(justification) = handover {
            self.write(&Record::Handover(justification))?;
        }
        match runtime {
            Some(runtime) => self.write(&Record::Runtime(runtime)),
            None => Ok(()),
        }
    }

    /// Ends the archive (PSE-ARC-4) and hands back what was written to, flushed.
    pub fn close(mut self, closing: Closing) -> Result<W, ArchiveError> {
        self.write(&Record::Closing(closing))?;
        let Self {
            mut output,
            offset,
            record,
            ..
        } = self;
        output.flush().map_err(|source| ArchiveError::Io {
            offset,
            record,
            source,
        })?;
        Ok(output)
    }

    fn write(&mut self, record: &Record) -> Result<(), ArchiveError> {
        let (offset, number) = (self.offset, self.record);
        let expected = self.expected.behind(record).ok_or(ArchiveError::Order {
            offset,
            record: number,
            expected: self.expected,
        })?;
        let bytes = record.encode();
        let length = u32::try_from(bytes.len())
            .ok()
            .filter(|length| *length <= MAX_RECORD_BYTES)
            .ok_or(ArchiveError::TooLong {
                offset,
                record: number,
                bytes: bytes.len() as u64,
            })?;
        self.output
            .write_all(&length.to_le_bytes())
            .and_then(|()| self.output.write_all(&bytes))
            .map_err(|source| ArchiveError::Io {
                offset,
                record: number,
                source,
            })?;
        self.offset += 4 + u64::from(length);
        self.record += 1;
        self.expected = expected;
        Ok(())
    }
}

/// Reads an archive, record by record, in bounded memory whatever the file holds (PSE-ARC-5).
pub struct ArchiveReader<R> {
    input: R,
    expected: Expected,
    offset: u64,
    record: u64,
    digest: Hash,
}

/// What follows the genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// One more block.
    Block(Block),
    /// The block before ended an authority set: the justification for it.
    Handover(Vec<u8>),
    /// The block before replaced the runtime's code: what runs from here on.
    Runtime(Runtime),
    /// The end.
    Closing(Closing),
}

impl<R: Read> ArchiveReader<R> {
    /// Opens an archive and reads its genesis.
    pub fn new(mut input: R) -> Result<(Self, Genesis), ArchiveError> {
        let mut magic = [0; 8];
        match read_full(&mut input, &mut magic) {
            Ok(8) if magic == MAGIC => {}
            Ok(8) if magic == MAGIC_1 => return Err(ArchiveError::Version1),
            Ok(_) => return Err(ArchiveError::Magic(magic)),
            Err(source) => {
                return Err(ArchiveError::Io {
                    offset: 0,
                    record: 0,
                    source,
                })
            }
        }
        let offset = MAGIC.len() as u64;
        let mut reader = Self {
            input,
            expected: Expected::Genesis,
            offset,
            record: 0,
            digest: blake2_256(&MAGIC).into(),
        };
        let Record::Genesis(genesis) = reader.read()? else {
            return Err(ArchiveError::Order {
                offset,
                record: 0,
                expected: Expected::Genesis,
            });
        };
        Ok((reader, genesis))
    }

    /// The next record; after the closing record the file must be at its end.
    pub fn next_record(&mut self) -> Result<Next, ArchiveError> {
        let (offset, record, expected) = (self.offset, self.record, self.expected);
        let out_of_order = ArchiveError::Order {
            offset,
            record,
            expected,
        };
        if expected == Expected::End {
            return Err(out_of_order);
        }
        match self.read()? {
            Record::Block(block) => Ok(Next::Block(block)),
            Record::Handover(justification) => Ok(Next::Handover(justification)),
            Record::Runtime(runtime) => Ok(Next::Runtime(runtime)),
            Record::Closing(closing) => {
                self.check_end()?;
                Ok(Next::Closing(closing))
            }
            Record::Genesis(_) => Err(out_of_order),
        }
    }

    /// Bytes read so far.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// What was read so far: the hash of the digest before and of the last record with its length;
    /// before the first record, the hash of the magic number (PSE-AUD-21).
    pub const fn digest(&self) -> Hash {
        self.digest
    }

    fn check_end(&mut self) -> Result<(), ArchiveError> {
        let (offset, record) = (self.offset, self.record);
        match read_full(&mut self.input, &mut [0; 1]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(ArchiveError::Order {
                offset,
                record,
                expected: Expected::End,
            }),
            Err(source) => Err(ArchiveError::Io {
                offset,
                record,
                source,
            }),
        }
    }

    fn read(&mut self) -> Result<Record, ArchiveError> {
        let (offset, record) = (self.offset, self.record);
        let io = |source| ArchiveError::Io {
            offset,
            record,
            source,
        };
        let mut prefix = [0; 4];
        if read_full(&mut self.input, &mut prefix).map_err(io)? < prefix.len() {
            return Err(ArchiveError::Truncated { offset, record });
        }
        let length = u32::from_le_bytes(prefix);
        if length > MAX_RECORD_BYTES {
            return Err(ArchiveError::TooLong {
                offset,
                record,
                bytes: length.into(),
            });
        }
        // Grows with what is there, not with what the length promises.
        let mut hashed = [self.digest.as_bytes(), &prefix].concat();
        let before = hashed.len();
        self.input
            .by_ref()
            .take(length.into())
            .read_to_end(&mut hashed)
            .map_err(io)?;
        let bytes = &hashed[before..];
        if bytes.len() < length as usize {
            return Err(ArchiveError::Truncated { offset, record });
        }
        let decoded = Record::decode_all(&mut &*bytes).map_err(|error| ArchiveError::Encoding {
            offset,
            record,
            reason: error.to_string(),
        })?;
        self.expected = self.expected.behind(&decoded).ok_or(ArchiveError::Order {
            offset,
            record,
            expected: self.expected,
        })?;
        self.digest = blake2_256(&hashed).into();
        self.offset += 4 + u64::from(length);
        self.record += 1;
        Ok(decoded)
    }
}

/// Reads until the buffer is full or the input ends; says how much there was.
fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
