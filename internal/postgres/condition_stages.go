package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/rules"
)

// stageReadings are those of the stage in life, looked up in customer_stages.
func stageReadings() map[string]translation {
	known := func(unknown value, read func(w *conditionWriter) value) translation {
		return func(w *conditionWriter, _ rules.Term) (value, bool) {
			if _, err := w.basis.Scores.Stages(); err != nil {
				return unknown, true
			}
			w.stages()
			return read(w), true
		}
	}
	since := func(w *conditionWriter) value {
		v := whole("s.since", true)
		v.lack, v.open = ordersNone, w.Open
		return v
	}
	var names []string // by their numbers
	for _, stage := range customer.Stages[1:] {
		names = append(names, "'"+string(stage)+"'")
	}
	stage := fmt.Sprintf("(case when %s then '%s' else (array[%s])[s.stage] end)", ordersNone, customer.Prospect, strings.Join(names, ", "))
	return map[string]translation{
		"lifecycle.stage": known(value{expr: "null::text", null: true}, func(w *conditionWriter) value {
			return value{expr: stage, null: true, lack: never, among: amongStages, open: w.Open}
		}),
		"lifecycle.since":         known(unknownNumber(), since),
		"lifecycle.days_in_stage": known(unknownNumber(), func(w *conditionWriter) value { return w.ago(since(w)) }),
	}
}

// amongStages says it of the numbers, null where there is no log. That there is one
// is said too, as a comparison: of an element of an array the planner does not know
// that it is null then, and would not begin with the logs.
func amongStages(texts []string) (yes, no string) {
	yes, no = never, ordersNone
	var numbers []string
	for i, stage := range customer.Stages {
		switch {
		case !slices.Contains(texts, string(stage)):
		case i == 0:
			yes, no = ordersNone, never
		default:
			numbers = append(numbers, strconv.Itoa(i))
		}
	}
	if len(numbers) == 0 {
		return yes, anyOf(no, "f.orders > 0")
	}
	list := strings.Join(numbers, ", ")
	return anyOf(yes, "(s.version >= 0 and s.stage in ("+list+"))"), anyOf(no, "s.stage not in ("+list+")")
}

// stages joins the stage s of the decision's day, and since when it is in force.
// Whoever has bought and has no right log is left to the rule, and so is whoever
// has more orders than it reads.
func (w *conditionWriter) stages() {
	// To the planner next to nothing of what is joined is null, and pages of what is
	// would each be read by going through everybody.
	w.Deep = true
	if w.basis.Scores.ID != w.staged {
		w.Open = "(f.orders > 0 and coalesce(s.version, -1) < 0)"
	}
	const log = "left join (select customer_id, version, stages[width_bucket(%[1]s, days)] as stage, days[width_bucket(%[1]s, days)] as since" +
		" from customer_stages where scores_id = %[2]s) s on s.customer_id = f.customer_id and s.version = f.version"
	join := fmt.Sprintf(log, w.arg(w.basis.Day(w.at), "int"), w.arg(int64(w.basis.Scores.ID), "int"))
	if !slices.Contains(w.joins, join) {
		w.joins = append(w.joins, join)
	}
}
