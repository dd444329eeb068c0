package config

import "github.com/goccy/go-yaml/token"

// depth follows how deep values are nested in a document, as far as a recursive parser goes.
// The levels that the parser's tokens carry are not asked: they grow with the document.
type depth struct {
	// columns are where the open mappings and lists begin that are told by indentation.
	columns []int
	// flow counts the open brackets, chained the keys since the last comma or bracket in them.
	flow, chained int
	// properties counts tags and anchors in a row.
	properties int
}

// tooDeep finds where a document is nested deeper than maxDepth.
func tooDeep(tokens token.Tokens) (position, bool) {
	d := depth{}
	for _, t := range tokens {
		if d.follow(t); d.levels() > maxDepth {
			return positionOf(t), true
		}
	}
	return position{}, false
}

func (d *depth) levels() int { return len(d.columns) + d.flow + d.chained + d.properties }

func (d *depth) follow(t *token.Token) {
	if t.Type == token.TagType || t.Type == token.AnchorType {
		d.properties++
		return
	}
	if t.Type != token.StringType {
		d.properties = 0
	}
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		d.flow++
		d.chained = 0
	case token.SequenceEndType, token.MappingEndType:
		d.flow = max(d.flow-1, 0)
		d.chained = 0
	case token.CollectEntryType:
		d.chained = 0
	case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
		if d.flow > 0 {
			d.chained++
			return
		}
		d.indented(t)
	}
}

// indented opens the mapping or list that an indicator belongs to, unless it is open, and
// closes those that begin behind it. The items of a list may begin where the key above them does.
func (d *depth) indented(t *token.Token) {
	from := t
	if t.Type == token.MappingValueType && t.Prev != nil {
		from = t.Prev // the key
	}
	at := 2 * positionOf(from).column
	if t.Type == token.SequenceEntryType {
		at++
	}
	for len(d.columns) > 0 && d.columns[len(d.columns)-1] > at {
		d.columns = d.columns[:len(d.columns)-1]
	}
	if len(d.columns) == 0 || d.columns[len(d.columns)-1] < at {
		d.columns = append(d.columns, at)
	}
}
