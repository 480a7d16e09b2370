-- A person may know that a message in doubt was surely not taken: it is dead, and may be tried again. Who says later that it was is the provider.
-- +goose Up
drop trigger deliveries_transition on deliveries;
drop trigger deliveries_transition_by_act on deliveries;
create trigger deliveries_transition after update of state on deliveries for each row
    when (old.state <> new.state and (old.state || '>' || new.state) <> all (array[
        'planned>sending', 'sending>accepted', 'planned>withheld', 'planned>suppressed', 'planned>cancelled', 'planned>expired', 'planned>dead', 'planned>quarantine',
        'sending>failed', 'sending>unknown', 'sending>planned', 'sending>quarantine',
        'unknown>accepted', 'unknown>failed', 'unknown>unknown_final', 'unknown>dead',
        'unknown_final>accepted', 'unknown_final>failed', 'unknown_final>planned', 'unknown_final>dead',
        'quarantine>planned', 'quarantine>unknown', 'dead>planned', 'dead>quarantine']))
    execute function refuse_delivery_change();
create trigger deliveries_transition_by_act after update of state on deliveries for each row
    when (old.state in ('dead', 'unknown_final') and new.state = 'planned'
          or old.state in ('unknown', 'unknown_final') and new.state = 'dead'
          or old.state in ('unknown', 'unknown_final') and new.state in ('accepted', 'failed') and new.provider is null)
    execute function require_act();
