# One image for every service: `python -m <module>`. Dependencies are installed from hash-locked files.
FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/moim
COPY lock/runtime.txt /tmp/runtime.txt
RUN /opt/moim/bin/pip install --require-hashes --no-deps --only-binary :all: -r /tmp/runtime.txt \
 && /opt/moim/bin/pip uninstall --yes pip \
 && /opt/moim/bin/python -m compileall -q /opt/moim/lib
# What copies packets in C. The compiler stays behind, so its version matters to nobody.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY media_sfu/__init__.py media_sfu/__init__.py
COPY media_sfu/kernel media_sfu/kernel
RUN /opt/moim/bin/python -m media_sfu.kernel

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent moim \
 && install --directory --owner=moim --group=moim /files /recordings
COPY --from=build /opt/moim /opt/moim
WORKDIR /app
COPY contracts contracts
COPY chassis chassis
COPY stack stack
COPY gateway gateway
COPY user_service user_service
COPY community_service community_service
COPY chat_service chat_service
COPY presence_service presence_service
COPY signaling_service signaling_service
COPY media_sfu media_sfu
COPY notification_service notification_service
RUN /opt/moim/bin/python -m compileall -q /app
# Names of neighbours that are away can keep a resolver's threads busy; four are soon all of them.
ENV PATH=/opt/moim/bin:$PATH PYTHONUNBUFFERED=1 UV_THREADPOOL_SIZE=16
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "gateway"]
