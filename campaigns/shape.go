package campaigns

import "maps"

// shape is a JSON Schema, draft 7: what a value may be as far as that can say it.
type shape map[string]any

func list(items ...any) []any {
	return items
}

// Patterns are in the syntax that Go and ECMA-262 share, but for those that look
// ahead, which only the schema uses.
const (
	campaignPattern = `^[a-z0-9][a-z0-9-]{0,59}$`
	namePattern     = `^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`
	notePattern     = `^[a-z_][a-z0-9_]{0,59}$`
	trimmedPattern  = `^\S(.{0,58}\S)?$` // a name that comes from data
	againPattern    = `^after +[1-9][0-9]{0,6}[mhdw]$`
	capPattern      = `^[1-9][0-9]{0,5} +in +[1-9][0-9]{0,6}[mhdw]$`
	primaryPattern  = `^(repurchase_rate) at [A-Za-z0-9][A-Za-z0-9._-]{0,59}$`

	wholeDaysPattern = `^((0|[1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5])d|(0|[1-9]|[1-4][0-9]|5[0-2])w)$`
	yearlyPattern    = `^((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))$`

	// A recurrence in whatever order and case; the calendar knows the rest.
	rrulePart         = `[A-Za-z]+=[A-Za-z0-9,+-]+`
	rruleFreq         = `[Ff][Rr][Ee][Qq]=([Dd][Aa][Ii][Ll][Yy]|[Ww][Ee][Ee][Kk][Ll][Yy]|[Mm][Oo][Nn][Tt][Hh][Ll][Yy]|[Yy][Ee][Aa][Rr][Ll][Yy])`
	recurrencePattern = `^(?=(.*[;:\s])?` + rruleFreq + `\s*(;|$))\s*([Rr][Rr][Uu][Ll][Ee]:)?` + rrulePart + `(;` + rrulePart + `)*\s*$`

	datePattern  = `(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`
	clockPattern = `([01][0-9]|2[0-3]):[0-5][0-9]`
	sharePattern = `(0?[0-9]{1,2}(\.[0-9]{1,7})?|100(\.0{1,7})?)%$`
)

var (
	someText   = matching(`\S`)
	date       = matching(`^` + datePattern + `$`)
	clock      = matching(`^` + clockPattern + `$`)
	endClock   = matching(`^(` + clockPattern + `|24:00)$`)
	dateTime   = matching(`^` + datePattern + ` ` + clockPattern + `$`)
	folderPath = matching(`^(?!.*(^|/)\.{0,2}(/|$))[^\\\n]+$`)

	anyDuration   = matching(`^(0|[1-9][0-9]{0,6})[mhdw]$`)
	aMinuteOrMore = matching(`^[1-9][0-9]{0,6}[mhdw]$`)
	anHourOrMore  = matching(`^([1-9][0-9]{0,6}[hdw]|([6-9][0-9]|[1-9][0-9]{2,6})m)$`)

	anyShare    = matching(`^` + sharePattern)
	aboveZero   = matching(`^(?!0+(\.0+)?%)` + sharePattern)
	belowWhole  = matching(`^(?!100)` + sharePattern)
	insideShare = matching(`^(?!0+(\.0+)?%)(?!100)` + sharePattern)

	budget = anyOf(shape{"type": "number", "exclusiveMinimum": 0}, matching(`^(?!0+(\.0+)?$)[0-9]{1,12}(\.[0-9]{1,4})?$`))
)

func matching(pattern string) shape { return shape{"type": "string", "pattern": pattern} }

func words(known ...string) shape { return shape{"enum": known} }

func whole(low, high int) shape { return shape{"type": "integer", "minimum": low, "maximum": high} }

func anyOf(shapes ...shape) shape { return shape{"anyOf": shapes} }

func except(s shape, words ...string) shape {
	out := maps.Clone(s)
	out["not"] = shape{"enum": words}
	return out
}

// listOf is a list of at least low different words.
func listOf(item shape, low int) shape {
	out := shape{"type": "array", "items": item, "uniqueItems": true, "maxItems": maxList}
	if low > 0 {
		out["minItems"] = low
	}
	return out
}

// namesTo is keys that the person chooses, each with a value. high 0: any number.
func namesTo(pattern string, names shape, value shape, low, high int) shape {
	key := shape{"pattern": pattern}
	maps.Copy(key, names)
	out := shape{"type": "object", "propertyNames": key, "additionalProperties": value}
	if low > 0 {
		out["minProperties"] = low
	}
	if high > 0 {
		out["maxProperties"] = high
	}
	return out
}

func notNamed(word string) shape { return shape{"not": shape{"const": word}} }

func exactlyOne(names ...string) shape {
	var ways []shape
	for _, name := range names {
		ways = append(ways, shape{"required": list(name)})
	}
	return shape{"oneOf": ways}
}

// object is a mapping of the table's keys.
func object(t table) shape {
	properties, needed := shape{}, []string{}
	for _, k := range t.keys {
		p := maps.Clone(k.shape)
		p["description"] = k.says
		if len(k.examples) > 0 {
			p["examples"] = k.examples
		}
		properties[k.name] = p
		if k.needed {
			needed = append(needed, k.name)
		}
	}
	out := shape{"type": "object", "additionalProperties": false, "properties": properties}
	if len(needed) > 0 {
		out["required"] = needed
	}
	if len(t.between) > 0 {
		out["allOf"] = t.between
	}
	return out
}

var (
	isService = shape{"properties": shape{"kind": shape{"const": "service"}}, "required": list("kind")}

	serviceOrPromotion = shape{
		"if":   isService,
		"then": shape{"properties": shape{"coupon": false, "skip": false, "variants": withoutCoupons, "by_stratum": withoutCoupons}},
		"else": shape{"properties": shape{"consent": false, "caps": false}},
	}
	withoutCoupons = shape{"additionalProperties": shape{"properties": shape{"coupon": false}}}

	// A wave has a message, or all its variants have, or all its strata; where it
	// has both, the loader goes through them.
	messageSomewhere = shape{
		"if":   shape{"required": list("message")},
		"else": anyOf(shape{"required": list("variants", "by_stratum")}, allHaveMessages("variants"), allHaveMessages("by_stratum")),
	}

	// A campaign of services has no holdout; any other says its share, or why
	// there is none.
	holdoutOrService = shape{
		"if": shape{"properties": shape{"waves": shape{"items": isService}}},
		"then": shape{"properties": shape{"holdout": shape{"const": "none"}},
			"if": shape{"required": list("holdout")}, "else": shape{"properties": shape{"because": false}}},
		"else": shape{"required": list("holdout"),
			"if": shape{"properties": shape{"holdout": shape{"const": "none"}}}, "then": shape{"required": list("because")},
			"else": shape{"properties": shape{"because": false}}},
	}

	strataOfParts = shape{
		"if": anyOf(
			shape{"properties": shape{"waves": shape{"type": "array", "contains": shape{"required": list("by_stratum")}}}, "required": list("waves")},
			shape{"properties": shape{"evaluation": shape{"properties": shape{"by": shape{"type": "array", "contains": shape{"const": ByStratum}}}, "required": list("by")}}, "required": list("evaluation")},
		),
		"then": shape{"required": list("strata")},
	}
)

// allHaveMessages names the key by a pattern: an editor would offer it twice.
func allHaveMessages(key string) shape {
	parts := shape{"additionalProperties": shape{"required": list("message")}}
	return shape{"required": list(key), "patternProperties": shape{"^" + key + "$": parts}}
}
