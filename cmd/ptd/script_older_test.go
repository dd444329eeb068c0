package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// older type name property text makes one object as an older program left it: the cloud has
// the text, and the state says so.
func older(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: older type name property text")
	}
	text, err := json.Marshal(args[3])
	ts.Check(err)
	drift(ts, neg, []string{args[0], args[1], args[2], string(text)})
	states, err := filepath.Glob(ts.MkAbs("sandbox/state/*/.pulumi/stacks/*/*.json"))
	ts.Check(err)
	edited := 0
	for _, path := range states {
		content, err := os.ReadFile(path)
		ts.Check(err)
		var state map[string]any
		ts.Check(json.Unmarshal(content, &state))
		checkpoint, _ := state["checkpoint"].(map[string]any)
		latest, _ := checkpoint["latest"].(map[string]any)
		resources, _ := latest["resources"].([]any)
		here := 0
		for _, resource := range resources {
			resource, _ := resource.(map[string]any)
			urn, _ := resource["urn"].(string)
			if resource["type"] != args[0] || !strings.HasSuffix(urn, "::"+args[1]) {
				continue
			}
			here++
			for _, properties := range []string{"inputs", "outputs"} {
				fields, _ := resource[properties].(map[string]any)
				fields[args[2]] = args[3]
			}
		}
		if here == 0 {
			continue
		}
		edited += here
		content, err = json.MarshalIndent(state, "", "    ")
		ts.Check(err)
		ts.Check(os.WriteFile(path, content, 0o600))
	}
	if edited != 1 {
		ts.Fatalf("%d resources in state are %s %s", edited, args[0], args[1])
	}
}
