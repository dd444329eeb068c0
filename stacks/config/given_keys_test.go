package config

import "testing"

// A version that the file gives counts as chosen, also when it is the default; what is
// left out, null or empty does not.
func TestGivenKeys(t *testing.T) {
	target, err := Parse("demo01-staging", "ptd.yaml", []byte(`apiVersion: posit.team/v1
kind: AWSWorkloadConfig
spec:
  account_id: "111122223333"
  region: us-east-2
  sites:
    main:
      spec:
        domain: demo.example.com
  clusters:
    "20250115":
      spec:
        team-operator-chart-version: v1.16.2
        team_operator_image: ""
        routing_weight: null
        components:
          loki_version: 5.42.0
          alloy_version: ""
    "20250301":
      spec: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{
		"team_operator_chart_version": true, "team_operator_image": false, "routing_weight": false, "ami_type": false,
		"components": true, "components.loki_version": true, "components.alloy_version": false, "components.mimir_version": false,
	} {
		if got := target.AWSWorkload.Clusters["20250115"].Gives(key); got != want {
			t.Errorf("%s: given %v, want %v", key, got, want)
		}
	}
	if target.AWSWorkload.Clusters["20250301"].Gives("components.loki_version") {
		t.Error("a cluster without keys gives one")
	}
}
