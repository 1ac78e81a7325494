# The commands of mirimpute with the versions of requirements.lock. docs/sweeps.md says how it runs on a cluster.
#   docker build -t mirimpute .
#   docker run --rm -v "$PWD:/srv" mirimpute mirimpute-bench method=mean dataset=iris
FROM python:3.12-slim
COPY requirements.lock /opt/mirimpute/
RUN pip install --no-cache-dir --no-compile --requirement /opt/mirimpute/requirements.lock
COPY pyproject.toml README.md LICENSE /opt/mirimpute/
COPY conf /opt/mirimpute/conf
COPY hydra_plugins /opt/mirimpute/hydra_plugins
COPY mirimpute /opt/mirimpute/mirimpute
RUN pip install --no-cache-dir --no-deps --no-build-isolation /opt/mirimpute
ENV MIRIMPUTE_DATA_DIR=/srv/data
WORKDIR /srv
