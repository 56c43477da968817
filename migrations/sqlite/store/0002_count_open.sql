-- How many findings and sagas are open, by what the frame of every page counts: kept by triggers, because counting the rows
-- takes as long as there are open ones. Absent names are empty here, so that they can be part of a key.

CREATE TABLE open_finding (
    rule    TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    entity  TEXT    NOT NULL,
    replica TEXT    NOT NULL,
    saga    TEXT    NOT NULL,
    step    TEXT    NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (rule, reason, entity, replica, saga, step)
) WITHOUT ROWID;

INSERT INTO open_finding
SELECT rule, reason, ifnull(entity, ''), ifnull(replica, ''), ifnull(saga, ''), ifnull(step, ''), count(*)
FROM finding WHERE closed = 0 GROUP BY 1, 2, 3, 4, 5, 6;

CREATE TRIGGER finding_inserted AFTER INSERT ON finding WHEN NEW.closed = 0 BEGIN
    INSERT INTO open_finding
    VALUES (NEW.rule, NEW.reason, ifnull(NEW.entity, ''), ifnull(NEW.replica, ''), ifnull(NEW.saga, ''), ifnull(NEW.step, ''), 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER finding_updated AFTER UPDATE ON finding
WHEN (OLD.closed, OLD.rule, OLD.reason, OLD.entity, OLD.replica, OLD.saga, OLD.step)
     IS NOT (NEW.closed, NEW.rule, NEW.reason, NEW.entity, NEW.replica, NEW.saga, NEW.step) BEGIN
    UPDATE open_finding SET count = count - 1
    WHERE OLD.closed = 0 AND rule = OLD.rule AND reason = OLD.reason AND entity = ifnull(OLD.entity, '')
      AND replica = ifnull(OLD.replica, '') AND saga = ifnull(OLD.saga, '') AND step = ifnull(OLD.step, '');
    INSERT INTO open_finding
    SELECT NEW.rule, NEW.reason, ifnull(NEW.entity, ''), ifnull(NEW.replica, ''), ifnull(NEW.saga, ''), ifnull(NEW.step, ''), 1
    WHERE NEW.closed = 0
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER finding_deleted AFTER DELETE ON finding WHEN OLD.closed = 0 BEGIN
    UPDATE open_finding SET count = count - 1
    WHERE rule = OLD.rule AND reason = OLD.reason AND entity = ifnull(OLD.entity, '')
      AND replica = ifnull(OLD.replica, '') AND saga = ifnull(OLD.saga, '') AND step = ifnull(OLD.step, '');
END;

CREATE TABLE open_saga (
    saga        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    waiting_for TEXT    NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (saga, state, waiting_for)
) WITHOUT ROWID;

INSERT INTO open_saga
SELECT saga, state, ifnull(waiting_for, ''), count(*) FROM saga WHERE open = 1 GROUP BY 1, 2, 3;

CREATE TRIGGER saga_inserted AFTER INSERT ON saga WHEN NEW.open = 1 BEGIN
    INSERT INTO open_saga VALUES (NEW.saga, NEW.state, ifnull(NEW.waiting_for, ''), 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER saga_updated AFTER UPDATE ON saga
WHEN (OLD.open, OLD.state, OLD.waiting_for) IS NOT (NEW.open, NEW.state, NEW.waiting_for) BEGIN
    UPDATE open_saga SET count = count - 1
    WHERE OLD.open = 1 AND saga = OLD.saga AND state = OLD.state AND waiting_for = ifnull(OLD.waiting_for, '');
    INSERT INTO open_saga
    SELECT NEW.saga, NEW.state, ifnull(NEW.waiting_for, ''), 1 WHERE NEW.open = 1
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER saga_deleted AFTER DELETE ON saga WHEN OLD.open = 1 BEGIN
    UPDATE open_saga SET count = count - 1
    WHERE saga = OLD.saga AND state = OLD.state AND waiting_for = ifnull(OLD.waiting_for, '');
END;

-- Nobody groups the rows any more.
DROP INDEX finding_by_place;
DROP INDEX saga_by_open;
