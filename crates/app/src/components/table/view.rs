//! The table on the screen: only the rows in sight are in the document.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html::{Div, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::ResizeObserver;

use super::super::{Empty, FailureBox, Icon, copy_text, icon};
use super::across::{Drawn, drawn};
use super::choice::{Chosen, ColumnChoice};
use super::export;
use super::{Column, Marks, Row, Rows, Sort, TableState};
use crate::format;
use crate::messages::{self, general};
use crate::saving;

/// Height of a row in pixels; the style sheet has the same.
const ROW: f64 = 32.0;
/// Rows drawn above and below those in sight.
const MARGIN: usize = 8;

/// A table.
#[component]
pub fn Table(
    /// Its test id.
    test_id: &'static str,
    /// Columns.
    #[prop(into)]
    columns: Signal<Arc<Vec<Column>>>,
    /// Rows.
    rows: Rows,
    /// Order and filter.
    state: TableState,
    /// Id of the selected row.
    #[prop(into, optional)]
    selected: Signal<Option<String>>,
    /// A row was selected.
    #[prop(optional)]
    on_select: Option<Callback<Row>>,
    /// A row was opened (Enter, double click).
    #[prop(optional)]
    on_open: Option<Callback<Row>>,
    /// What is said when there are no rows at all.
    #[prop(into, optional)]
    empty: Option<String>,
    /// Check boxes before the rows, and what stands behind them.
    #[prop(optional)]
    marks: Option<Marks>,
    /// More tools beside the filter.
    #[prop(into, optional)]
    tools: ViewFn,
) -> impl IntoView {
    let viewport = NodeRef::<Div>::new();
    let filter_box = NodeRef::<Input>::new();
    let scroll = RwSignal::new(0.0_f64);
    let height = RwSignal::new(600.0_f64);
    let active = RwSignal::new(None::<usize>);
    let (left, width) = (RwSignal::new(0.0_f64), RwSignal::new(1000.0_f64));
    watch_size(viewport, height, width);
    let rem = root_size();
    let hidden = RwSignal::new(BTreeSet::new());
    let chosen =
        Memo::new(move |_| columns.with(|columns| hidden.with(|hidden| Arc::new(Chosen::of(columns, hidden)))));
    let drawn = Memo::new(move |_| {
        chosen.with(|chosen| drawn(&chosen.columns, (left.get() / rem) as f32, (width.get() / rem) as f32))
    });

    let range = Memo::new(move |_| {
        let first = (scroll.get() / ROW) as usize;
        let last = first + (height.get() / ROW) as usize + MARGIN;
        (first.saturating_sub(MARGIN), last.min(rows.shown.get()))
    });
    let show = move |at: usize| {
        if let Some(element) = viewport.get_untracked() {
            // The head covers one row at the top.
            let (top, bottom) = (at as f64 * ROW, (at + 2) as f64 * ROW);
            let (scrolled, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()));
            if top < scrolled {
                element.set_scroll_top(top as i32);
            } else if bottom > scrolled + height {
                element.set_scroll_top((bottom - height) as i32);
            }
        }
    };
    // A selection that comes from elsewhere (the URL) is brought into sight.
    Effect::new(move |_| {
        let at = selected.get().and_then(|id| rows.find(&id));
        if at.is_some() && at != active.get_untracked() {
            active.set(at);
            at.into_iter().for_each(show);
        }
    });
    // Another filter or order: back to the top.
    Effect::new(move |before: Option<()>| {
        state.filter.track();
        state.sort.track();
        if before.is_some()
            && let Some(element) = viewport.get_untracked()
        {
            element.set_scroll_top(0);
            active.set(None);
        }
    });

    let select = move |at: usize| {
        active.set(Some(at));
        if let (Some(row), Some(on_select)) = (untrack(|| rows.row(at)), on_select) {
            on_select.run(row);
        }
    };
    let open = move |at: usize| {
        if let (Some(row), Some(on_open)) = (untrack(|| rows.row(at)), on_open.or(on_select)) {
            on_open.run(row);
        }
    };
    let keys = move |event: KeyboardEvent| {
        let last = rows.shown.get_untracked().saturating_sub(1);
        let here = active.get_untracked();
        let screen = ((height.get_untracked() / ROW) as usize).saturating_sub(2).max(1);
        let to = match event.key().as_str() {
            "ArrowDown" => here.map_or(0, |at| (at + 1).min(last)),
            "ArrowUp" => here.map_or(0, |at| at.saturating_sub(1)),
            "PageDown" => here.map_or(0, |at| (at + screen).min(last)),
            "PageUp" => here.map_or(0, |at| at.saturating_sub(screen)),
            "Home" => 0,
            "End" => last,
            "Enter" => {
                here.into_iter().for_each(open);
                return;
            }
            " " if marks.is_some() => {
                event.prevent_default();
                if let (Some(marks), Some(row)) = (marks, here.and_then(|at| untrack(|| rows.row(at)))) {
                    marks.toggle(&row);
                }
                return;
            }
            "c" if event.ctrl_key() || event.meta_key() => {
                let is_marked = window().get_selection().ok().flatten().is_some_and(|marked| !marked.is_collapsed());
                if let (false, Some(row)) = (is_marked, here.and_then(|at| untrack(|| rows.row(at)))) {
                    copy_text(&export::one_row(&chosen.get_untracked().row(&row)), |_| {});
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if rows.shown.get_untracked() > 0 {
            show(to);
            select(to);
        }
    };

    let slash = window_event_listener(leptos::ev::keydown, move |event| {
        let is_typing =
            document().active_element().is_some_and(|at| matches!(at.tag_name().as_str(), "INPUT" | "SELECT"));
        if event.key() == "/" && !is_typing && !event.ctrl_key() && !event.meta_key() {
            event.prevent_default();
            // Fails only when the box is gone, and then there is nothing to focus.
            filter_box.get_untracked().into_iter().for_each(|input| drop(input.focus()));
        }
    });
    on_cleanup(move || slash.remove());

    let tracks = Memo::new(move |_| {
        chosen.with(|chosen| {
            let tracks = chosen.columns.iter().map(|column| match column.grow {
                0.0 => format!("{}rem", column.width),
                grow => format!("minmax({}rem, {grow}fr)", column.width),
            });
            let tracks = tracks.collect::<Vec<_>>().join(" ");
            if marks.is_some() { format!("var(--mark) {tracks} var(--mark)") } else { tracks }
        })
    });
    let least = move || {
        format!("{}rem", chosen.with(|chosen| chosen.columns.iter().map(|column| column.width).sum::<f32>() + 1.0))
    };

    view! {
        <section class="table" class:table--marks=marks.is_some() data-testid=test_id>
            <div class="table__tools">
                {tools.run()}
                <FilterBox state node=filter_box />
                <div class="table__end">
                    <Count rows state />
                    <TableActions test_id columns hidden chosen rows />
                </div>
            </div>
            <div
                class="table__view"
                node_ref=viewport
                role="grid"
                tabindex="0"
                aria-rowcount=move || rows.shown.get() + 1
                aria-colcount=move || chosen.with(|chosen| chosen.columns.len() + if marks.is_some() { 2 } else { 0 })
                aria-activedescendant=move || active.get().map(|at| row_id(test_id, at))
                on:scroll=move |_| {
                    if let Some(element) = viewport.get_untracked() {
                        scroll.set(f64::from(element.scroll_top()));
                        left.set(f64::from(element.scroll_left()));
                    }
                }
                on:keydown=keys
            >
                <div class="table__plane" style=("--tracks", move || tracks.get()) style=("--width", least)>
                    <Head chosen state rows marks />
                    <div class="table__rows" style:height=move || format!("{}px", rows.shown.get() as f64 * ROW)>
                        <For each=move || { let (from, to) = range.get(); from..to } key=|at| *at let:at>
                            <RowView test_id at rows chosen drawn marks selected active select=Callback::new(select) open=Callback::new(open) />
                        </For>
                    </div>
                </div>
                {move || {
                    let filter = state.filter.get();
                    let say = |text: String| view! { <Empty text=text /> }.into_any();
                    if let Some(failure) = rows.failure.get() {
                        view! { <div role="row"><div role="gridcell"><FailureBox failure=failure /></div></div> }.into_any()
                    } else if rows.is_loading.get() {
                        say(general::LOADING.get().to_owned())
                    } else if rows.shown.get() > 0 {
                        ().into_any()
                    } else if filter.is_empty() {
                        say(empty.clone().unwrap_or_else(|| general::EMPTY.get().to_owned()))
                    } else {
                        view! {
                            <Empty text=general::NO_MATCH.with(&[("filter", &filter)])>
                                <button type="button" class="button" on:click=move |_| state.filter.set(String::new())>
                                    {general::CLEAR_FILTER.get()}
                                </button>
                            </Empty>
                        }.into_any()
                    }
                }}
            </div>
        </section>
    }
}

fn row_id(test_id: &str, at: usize) -> String {
    format!("{test_id}-{at}")
}

#[component]
fn Head(chosen: Memo<Arc<Chosen>>, state: TableState, rows: Rows, marks: Option<Marks>) -> impl IntoView {
    let heading = move |(at, column): (usize, Column)| {
        let order = move || state.sort.get().filter(|sort| sort.column == at);
        let aria = move || match order() {
            Some(Sort { descending: true, .. }) => "descending",
            Some(_) => "ascending",
            None => "none",
        };
        let arrow = move || order().map(|sort| icon(if sort.descending { Icon::Descending } else { Icon::Ascending }));
        let label = general::SORT_BY.with(&[("column", &column.title)]);
        let inner = if column.can_sort {
            view! {
                <button type="button" class="table__sort" title=label tabindex="-1" on:click=move |_| state.toggle(at)>
                    <span class="table__title">{column.title.clone()}</span> {arrow}
                </button>
            }
            .into_any()
        } else {
            view! { <span class="table__title" title=column.title.clone()>{column.title.clone()}</span> }.into_any()
        };
        view! {
            <div
                role="columnheader"
                class="cell"
                class:cell--number=column.is_number
                class:cell--pinned=column.is_pinned
                aria-sort=aria
            >
                {inner}
            </div>
        }
    };
    view! {
        <div class="table__head" role="row" aria-rowindex="1">
            {marks.map(|marks| marks.head(rows))}
            {move || {
                let Chosen { columns, places } = Arc::unwrap_or_clone(chosen.get());
                places.into_iter().zip(columns).map(heading).collect_view()
            }}
        </div>
    }
}

#[component]
fn RowView(
    test_id: &'static str,
    at: usize,
    rows: Rows,
    chosen: Memo<Arc<Chosen>>,
    drawn: Memo<Drawn>,
    marks: Option<Marks>,
    selected: Signal<Option<String>>,
    active: RwSignal<Option<usize>>,
    select: Callback<usize>,
    open: Callback<usize>,
) -> impl IntoView {
    let row = Memo::new(move |_| rows.row(at));
    let key = move || row.with(|row| row.as_ref().map(|row| row.key.clone()));
    let is_selected = move || {
        let selected = selected.get();
        selected.is_some() && row.with(|row| row.as_ref().map(|row| row.id.clone())) == selected
    };
    let cells = move || {
        let chosen = chosen.get();
        let cells = row.get().map(|row| row.cells).unwrap_or_default();
        let drawn = drawn.get();
        let before = if marks.is_some() { 2 } else { 1 };
        let is_whole = drawn.skipped() == 0 && drawn.to == chosen.columns.len();
        let cell = |(at, column): (usize, &Column)| {
            let content = chosen.places.get(at).and_then(|at| cells.get(*at)).map(|cell| cell.view());
            let class = match (column.is_number, column.is_pinned) {
                (false, false) => "cell",
                (true, false) => "cell cell--number",
                (false, true) => "cell cell--pinned",
                (true, true) => "cell cell--number cell--pinned",
            };
            view! { <div role="gridcell" class=class aria-colindex=(!is_whole).then_some(at + before)>{content}</div> }
        };
        let all = chosen.columns.iter().enumerate();
        let (pinned, others): (Vec<_>, Vec<_>) =
            all.filter(|(at, _)| drawn.has(*at)).partition(|(at, _)| *at < drawn.pinned);
        let gap = (drawn.skipped() > 0).then(|| {
            view! { <div aria-hidden="true" style:grid-column=format!("span {}", drawn.skipped())></div> }
        });
        let pinned = pinned.into_iter().map(cell).collect_view();
        view! { {pinned} {gap} {others.into_iter().map(cell).collect_view()} }
    };
    // The first of two clicks can bring another list: its row is not what the person clicked twice.
    let was_clicked = StoredValue::new(false);
    let click = move |event: MouseEvent| {
        if event.detail() <= 1 {
            was_clicked.set_value(true);
            select.run(at);
        }
    };
    view! {
        <div
            role="row"
            class="table__row"
            class:table__row--active=move || active.get() == Some(at)
            id=row_id(test_id, at)
            data-key=key
            aria-rowindex=at + 2
            aria-selected=move || is_selected().to_string()
            style:transform=format!("translateY({}px)", at as f64 * ROW)
            on:click=click
            on:dblclick=move |_| if was_clicked.get_value() { open.run(at) }
        >
            {marks.map(|marks| marks.cell(row))}
            {cells}
            {marks.map(|marks| marks.end(row, is_selected))}
        </div>
    }
}

#[component]
fn FilterBox(state: TableState, node: NodeRef<Input>) -> impl IntoView {
    let text = RwSignal::new(state.filter.get_untracked());
    // Typing is quick, filtering may ask the worker.
    let apply = leptos::leptos_dom::helpers::debounce(Duration::from_millis(120), move |value: String| {
        state.filter.try_set(value);
    });
    let apply = StoredValue::new_local(apply);
    Effect::new(move |_| text.set(state.filter.get()));
    view! {
        <label class="filter">
            {icon(Icon::Filter)}
            <input
                type="search"
                node_ref=node
                placeholder=general::FILTER.get()
                aria-label=general::FILTER.get()
                prop:value=text
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    apply.update_value(|apply| apply(text.get_untracked()));
                }
            />
        </label>
    }
}

#[component]
fn Count(rows: Rows, state: TableState) -> impl IntoView {
    let text = move || {
        let shown = rows.shown.get() as u64;
        match rows.total.get() {
            Some(total) if !state.filter.with(String::is_empty) => {
                general::ROWS_OF.with(&[("n", &format::number(shown)), ("total", &format::number(total as u64))])
            }
            _ => messages::count(shown, &general::ROW, &general::ROWS),
        }
    };
    view! { <span class="table__count" role="status">{text}</span> }
}

#[component]
fn TableActions(
    test_id: &'static str,
    columns: Signal<Arc<Vec<Column>>>,
    hidden: RwSignal<BTreeSet<String>>,
    chosen: Memo<Arc<Chosen>>,
    rows: Rows,
) -> impl IntoView {
    let said = RwSignal::new(None::<&'static str>);
    let say = move |text: &'static str| {
        said.try_set(Some(text));
        set_timeout(
            move || {
                said.try_set(None);
            },
            Duration::from_secs(3),
        );
    };
    let copy = move |_| {
        spawn_local(async move {
            if let Ok(all) = rows.all().await {
                let text = chosen.with_untracked(|chosen| export::tab_separated(&chosen.columns, &only(chosen, &all)));
                copy_text(&text, move |done| {
                    say(if done { general::COPIED.get() } else { general::COPY_FAILED.get() })
                });
            }
        });
    };
    let save = move |_| {
        spawn_local(async move {
            if let Ok(all) = rows.all().await {
                let text = chosen.with_untracked(|chosen| export::csv(&chosen.columns, &only(chosen, &all)));
                let name = format!("{}.csv", test_id.trim_start_matches("table-"));
                if let Err(error) = saving::save_text(&name, "text/csv;charset=utf-8", &text) {
                    leptos::logging::error!("{error:?}");
                }
            }
        });
    };
    view! {
        <span class="table__said" role="status">{said}</span>
        <ColumnChoice columns hidden />
        <button type="button" class="button button--icon" title=general::COPY_TABLE.get() aria-label=general::COPY_TABLE.get() on:click=copy>
            {icon(Icon::Copy)}
        </button>
        <button type="button" class="button button--icon" title=general::EXPORT_TABLE.get() aria-label=general::EXPORT_TABLE.get() on:click=save>
            {icon(Icon::Download)}
        </button>
    }
}

/// The rows with the cells that are shown.
fn only(chosen: &Chosen, rows: &[Row]) -> Vec<Row> {
    rows.iter().map(|row| chosen.row(row)).collect()
}

/// How many pixels a rem has.
fn root_size() -> f64 {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    size.and_then(|size| size.trim_end_matches("px").parse().ok()).filter(|size| *size > 0.0).unwrap_or(16.0)
}

/// Follows the size of the viewport.
fn watch_size(viewport: NodeRef<Div>, height: RwSignal<f64>, width: RwSignal<f64>) {
    Effect::new(move |_| {
        let Some(element) = viewport.get() else { return };
        height.set(f64::from(element.client_height()));
        width.set(f64::from(element.client_width()));
        let watched = element.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            height.try_set(f64::from(watched.client_height()));
            width.try_set(f64::from(watched.client_width()));
        });
        let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) else { return };
        observer.observe(&element);
        let kept = StoredValue::new_local(Some((observer, resized)));
        on_cleanup(move || {
            if let Some(Some((observer, _))) = kept.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    });
}
