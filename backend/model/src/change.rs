//! What a step of the engine tells: the only way in which anything that people see comes to be. Equal journals and rules
//! give equal changes, byte for byte (ENG-2), and cutting the records into other batches does not change them (SEM-11).

use serde::{Deserialize, Serialize};

use crate::{
    finding::{Finding, FindingId, Resolution},
    name::{EntityName, Key, ReplicaName},
    rollup::Rollup,
    saga::SagaInstance,
    time::SourceTime,
    trace::TraceSummary,
};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Opened(Box<Finding>),
    /// The same finding with new facts (more versions behind, other fields); replaces what was told.
    Revised(Box<Finding>),
    Resolved {
        id: FindingId,
        resolution: Resolution,
    },
    /// An amount to add (never to set).
    Rollup(Box<Rollup>),
    /// Upsert by (saga, instance, run).
    Saga(Box<SagaInstance>),
    /// Upsert by trace id.
    Trace(Box<TraceSummary>),
    /// A replica that can only be asked should be (SEM-10).
    ProbeWanted {
        entity: EntityName,
        replica: ReplicaName,
        key: Key,
        due: SourceTime,
    },
}
