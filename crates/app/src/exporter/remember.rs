//! The queue in the browser's own database, so that it survives a reload: handles of files and folders can be kept
//! nowhere else.

use careen_protocol::{decode, encode};
use futures_channel::oneshot;
use js_sys::{Array, Object, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbFactory, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode};

use super::job::{Job, JobId};
use crate::boot;
use crate::saving::{Target, Way};

const DATABASE: &str = "careen";
const STORE: &str = "queue";
const KEY: &str = "jobs";

/// Keeps the queue. A browser that keeps nothing (private windows) forgets it with the page; that is all.
pub async fn keep(jobs: &[Job], targets: &[(JobId, Target)]) -> Result<(), JsValue> {
    let handles = Array::new();
    for (id, target) in targets {
        if let Target::Folder(handle) | Target::File(handle) = target {
            handles.push(&Array::of2(&(*id).into(), handle));
        }
    }
    let record = Object::new();
    let bytes = encode(&jobs).map_err(|error| error.to_string())?;
    Reflect::set(&record, &"build".into(), &boot::build().into())?;
    Reflect::set(&record, &"jobs".into(), &Uint8Array::from(bytes.as_slice()))?;
    Reflect::set(&record, &"handles".into(), &handles)?;
    let store = store(IdbTransactionMode::Readwrite).await?;
    done(&store.put_with_key(&record, &KEY.into())?).await.map(drop)
}

/// What was kept; nothing when there is none, or when another version kept it.
pub async fn recall() -> Result<(Vec<Job>, Vec<(JobId, Target)>), JsValue> {
    let store = store(IdbTransactionMode::Readonly).await?;
    let record = done(&store.get(&KEY.into())?).await?;
    // Another build may understand these bytes otherwise.
    if record.is_undefined() || Reflect::get(&record, &"build".into())? != boot::build() {
        return Ok(Default::default());
    }
    let bytes = Uint8Array::new(&Reflect::get(&record, &"jobs".into())?).to_vec();
    let jobs: Vec<Job> = decode(&bytes).map_err(|error| error.to_string())?;
    let handles: Array = Reflect::get(&record, &"handles".into())?.unchecked_into();
    let handle = |id: JobId| {
        let pair = handles.iter().map(JsCast::unchecked_into::<Array>).find(|pair| pair.get(0) == id);
        pair.map(|pair| pair.get(1))
    };
    let target = |job: &Job| match job.way {
        Way::Folder => handle(job.id).map(Target::Folder),
        Way::File => handle(job.id).map(Target::File),
        Way::Download => Some(Target::Download),
        Way::Memory => Some(Target::Memory),
    };
    let targets = jobs.iter().filter_map(|job| Some((job.id, target(job)?))).collect();
    Ok((jobs, targets))
}

async fn store(mode: IdbTransactionMode) -> Result<IdbObjectStore, JsValue> {
    let factory: IdbFactory = window().indexed_db()?.ok_or("there is no database")?;
    let request: IdbOpenDbRequest = factory.open_with_u32(DATABASE, 1)?;
    let opening = request.clone();
    // The first time.
    let upgrade = Closure::once(move || -> Result<(), JsValue> {
        let database: IdbDatabase = opening.result()?.unchecked_into();
        database.create_object_store(STORE).map(drop)
    });
    request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
    let database: IdbDatabase = done(&request).await?.unchecked_into();
    database.transaction_with_str_and_mode(STORE, mode)?.object_store(STORE)
}

/// The result of a request.
async fn done(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let (sender, receiver) = oneshot::channel();
    let sender = std::rc::Rc::new(std::cell::Cell::new(Some(sender)));
    let say = |is_done: bool| {
        let sender = std::rc::Rc::clone(&sender);
        Closure::<dyn FnMut()>::new(move || {
            // The one who waits may be gone.
            let _ = sender.take().map(|sender| sender.send(is_done));
        })
    };
    let (succeeded, failed) = (say(true), say(false));
    request.set_onsuccess(Some(succeeded.as_ref().unchecked_ref()));
    request.set_onerror(Some(failed.as_ref().unchecked_ref()));
    match receiver.await {
        Ok(true) => request.result(),
        _ => Err(request.error()?.map_or_else(|| "the database gave no answer".into(), JsValue::from)),
    }
}
