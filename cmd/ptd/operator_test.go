package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// operate database[/schema]... makes databases in the only database server as the Team
// Operator does, as the master user and in the shape that it gives them
// (docs/reference/aws-workload-base.md 9): the master user owns the database, and is a
// member of the role that has all privileges on it.
func operate(ts *testscript.TestScript, neg bool, args []string) {
	var document map[string]map[string]map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("sandbox/cloud.json")), &document))
	objects, address := document["objects"], ""
	for _, object := range objects {
		if outputs, ok := object["outputs"].(map[string]any); ok && object["type"] == "aws:rds/instance:Instance" {
			address, _ = outputs["address"].(string)
		}
	}
	if neg || address == "" || len(args) == 0 {
		ts.Fatalf("usage: operate database[/schema]..., where there is a database server")
	}
	put := func(kind, id string, inputs map[string]any) {
		typ := "postgresql:index/" + strings.ToLower(kind[:1]) + kind[1:] + ":" + kind
		objects[strings.Join([]string{typ, address, id}, " ")] = map[string]any{
			"provider": "postgresql", "type": typ, "id": id, "account": address, "inputs": inputs,
		}
	}
	for _, arg := range args {
		name, schema, has := strings.Cut(arg, "/")
		put("Role", name, map[string]any{
			"name": name, "login": true, "password": "of the site's secret", "searchPaths": []string{"as it is"},
		})
		put("Database", name, map[string]any{"name": name, "owner": "postgres"})
		put("GrantRole", "postgres_"+name+"_false", map[string]any{"role": "postgres", "grantRole": name})
		put("Grant", name+"_"+name+"_database", map[string]any{
			"database": name, "role": name, "objectType": "database", "privileges": []string{"CONNECT", "CREATE", "TEMPORARY"},
		})
		if has {
			put("Schema", name+"."+schema, map[string]any{"database": name, "name": schema, "owner": name})
		}
	}
	content, err := json.MarshalIndent(document, "", "  ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("sandbox/cloud.json"), content, 0o600))
}
