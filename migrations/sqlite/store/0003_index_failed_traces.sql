-- The failed traces of one service: few among many, and looked for when something is wrong. Only they are in the index, so that
-- taking in spans costs nothing more.
CREATE INDEX trace_by_service_failure ON trace (service, start, duration) WHERE failed = 1;
