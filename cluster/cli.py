"""`pincite ray`: index and serve past one machine. What needs Ray is imported when it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pincite.api.cli import err, out
from pincite.settings import load_settings

app = typer.Typer(help="Index and serve on many machines, with Ray.", no_args_is_help=True)

Address = Annotated[
    str | None,
    typer.Option(help="Ray cluster; by default RAY_ADDRESS, else a Ray on this machine alone"),
]
_NAMED = 10  # of what was skipped


@app.command()
def index(
    sources: Annotated[list[str], typer.Argument(help="folders and files, or s3://bucket/folder")],
    into: Annotated[Path, typer.Option("--out", help="folder of the shards, seen by all nodes")],
    paragraphs: Annotated[int, typer.Option(min=1, help="of a shard, about")] = 1_000_000,
    workers: Annotated[int, typer.Option(min=1, help="that read, and that encode")] = 1,
    gpus: Annotated[float, typer.Option(min=0, help="GPUs of each that encodes")] = 0.0,
    address: Address = None,
) -> None:
    """Index documents into shards; goes on where it was stopped."""
    from pincite.cluster.indexing import Workers
    from pincite.cluster.indexing import index as index_into
    from pincite.cluster.runtime import require

    require()
    with err.status("starting Ray") as status:
        done = index_into(
            sources,
            into,
            load_settings(),
            paragraphs=paragraphs,
            workers=Workers(workers, gpus),
            address=address,
            progress=lambda stage, n, of: status.update(f"{stage}: {n}" + (f"/{of}" if of else "")),
        )
    counts = done.contents.counts
    out.print(
        f"{counts.articles} articles, {counts.paragraphs} paragraphs in "
        f"{len(done.contents.shards)} shards, {done.made} of them made now "
        f"({done.encoded} texts encoded) in {done.seconds:.1f} s"
    )
    for notice in done.notices[:_NAMED]:
        err.print(escape(str(notice)), soft_wrap=True)
    if len(done.notices) > _NAMED:
        err.print(f"and {len(done.notices) - _NAMED} more notices")


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(help="of the shards, seen by all nodes")],
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
    doors: Annotated[
        int, typer.Option(min=1, help="processes that take requests and read, at least")
    ] = 1,
    most_doors: Annotated[int, typer.Option(min=1, help="and at most, while requests wait")] = 1,
    replicas: Annotated[int, typer.Option(min=1, help="processes that search each shard")] = 1,
    door_cpus: Annotated[float, typer.Option(min=0, help="CPUs of each door")] = 0.5,
    door_gpus: Annotated[float, typer.Option(min=0, help="GPUs of each door")] = 0.0,
    deadline_s: Annotated[
        float, typer.Option(min=0.01, help="for a shard's reply, before it is left out")
    ] = 5.0,
    address: Address = None,
) -> None:
    """Serve shards; a new build of the folder is swapped in while questions run."""
    from pincite.cluster.runtime import require
    from pincite.cluster.serving import Replicas, serve_folder

    require()
    settings = load_settings(host=host, port=port)
    where = f"http://{settings.host}:{settings.port}"
    serve_folder(
        folder,
        settings,
        Replicas(doors, most_doors, replicas, door_cpus, door_gpus, deadline_s),
        address=address,
        ready=lambda build: err.print(f"build {build} at [bold]{where}/[/]. Ctrl-C ends."),
    )
