package kubernetes

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

func alloyConfig(change ...func(*AlloyConfig)) AlloyConfig {
	config := AlloyConfig{
		Cluster: "default_demo01-staging-20250115-control-plane", Tenant: "Demo", Domain: "demo.example.com",
		LokiURL: LokiURL, MimirURL: MimirURL,
		Sites: []AlloySite{{
			Name: "main", FQDN: true,
			Hosts: map[string]string{"workbench": "workbench.demo.example.com", "connect": "pub.demo.example.com", "packageManager": "packagemanager.demo.example.com"},
		}},
		CloudWatch:  &AlloyCloudWatch{Region: "us-east-2", Name: "demo01-staging", TrueName: "demo01"},
		ControlRoom: &AlloyControlRoom{Domain: "ctrl.example.com", User: "demo01-staging", TenantID: "123456789012"},
	}
	for _, change := range change {
		change(&config)
	}
	return config
}

// alloyConfigs are the configurations that differ in what they have.
var alloyConfigs = map[string]func(*AlloyConfig){
	"alloy-control-room":    func(*AlloyConfig) {},
	"alloy-no-control-room": func(c *AlloyConfig) { c.ControlRoom = nil },
	"alloy-filtered":        func(c *AlloyConfig) { c.ControlRoom.Metrics = ControlRoomMetrics() },
	"alloy-system-logs":     func(c *AlloyConfig) { c.SystemLogs = true },
	"alloy-no-cloud-watch":  func(c *AlloyConfig) { c.CloudWatch = nil },
	"alloy-three-sites": func(c *AlloyConfig) {
		c.Sites = append(c.Sites,
			AlloySite{Name: "analytics", Hosts: map[string]string{"workbench": "workbench.analytics.example.com"}},
			AlloySite{Name: "research", FQDN: true, Hosts: map[string]string{"packageManager": "packages.research.example.com"}})
	},
}

func TestAlloyConfigGoldens(t *testing.T) {
	t.Parallel()
	for name, change := range alloyConfigs {
		text, err := alloyConfig(change).Text()
		if err != nil {
			t.Fatal(err)
		}
		componenttest.GoldenText(t, name+".golden", text)
	}
}

// readAlloy writes a configuration and reads it back.
func readAlloy(t *testing.T, config AlloyConfig) []parsed {
	t.Helper()
	text, err := config.Text()
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := parseRiver(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return blocks
}

func blockIDs(blocks []parsed) []string {
	var found []string
	for _, block := range blocks {
		found = append(found, block.id())
	}
	return found
}

func blockOf(t *testing.T, blocks []parsed, id string) parsed {
	t.Helper()
	for _, block := range blocks {
		if block.id() == id {
			return block
		}
	}
	t.Fatalf("there is no %s", id)
	return parsed{}
}

// The components in the order of the sheet. (docs/reference/aws-workload-apps.md 8.4)
func TestAlloyConfigOrder(t *testing.T) {
	t.Parallel()
	want := []string{
		"logging", "discovery.kubernetes.pod_metrics", "discovery.relabel.pod_metrics",
		"discovery.kubernetes.loki_metrics", "discovery.relabel.loki_metrics",
		"prometheus.exporter.unix.nodes", "prometheus.exporter.unix.node_network", "discovery.relabel.node_network",
		"prometheus.exporter.blackbox.front_door", "discovery.relabel.blackbox", "prometheus.scrape.blackbox", "prometheus.relabel.blackbox", "prometheus.scrape.pods",
		"prometheus.scrape.loki", "prometheus.scrape.kube_state_metrics", "discovery.kubernetes.nodes", "discovery.relabel.kubelet", "prometheus.scrape.kubelet_cadvisor",
		"prometheus.scrape.nodes", "prometheus.scrape.node_network", "prometheus.exporter.cloudwatch.cloudwatch", "prometheus.scrape.cloudwatch", "prometheus.relabel.default",
		"prometheus.relabel.control_room_filter", "prometheus.remote_write.control_room", "prometheus.remote_write.workload",
		"faro.receiver.frontend", "discovery.kubernetes.pod_logs", "discovery.kubernetes.karpenter_logs", "discovery.relabel.pod_logs",
		"loki.source.kubernetes.pods", "discovery.relabel.karpenter_logs", "loki.source.kubernetes.karpenter",
		"loki.relabel.journal", "loki.source.journal.journal", "loki.write.local",
	}
	everything := alloyConfig(func(c *AlloyConfig) {
		c.SystemLogs, c.ControlRoom.Metrics = true, []string{"up"}
	})
	assert.Equal(t, want, blockIDs(readAlloy(t, everything)), "components")
	without := func(parts ...string) []string {
		return slices.DeleteFunc(slices.Clone(want), func(id string) bool {
			return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(id, part) })
		})
	}
	for name, parts := range map[string][]string{
		"alloy-no-control-room": {"control_room", "journal"},
		"alloy-no-cloud-watch":  {"cloudwatch", "filter", "journal"},
		"alloy-system-logs":     {"filter"},
		"alloy-filtered":        {"journal"},
	} {
		assert.Equal(t, without(parts...), blockIDs(readAlloy(t, alloyConfig(alloyConfigs[name]))), "%s: components", name)
	}
}

// exports says what components export, and what it is good for.
// (the reference of Alloy's components)
var exports = map[string]map[string]string{
	"discovery.kubernetes":           {"targets": "targets"},
	"discovery.relabel":              {"output": "targets", "rules": "rules"},
	"prometheus.exporter.unix":       {"targets": "targets"},
	"prometheus.exporter.blackbox":   {"targets": "targets"},
	"prometheus.exporter.cloudwatch": {"targets": "targets"},
	"prometheus.relabel":             {"receiver": "metrics", "rules": "rules"},
	"prometheus.remote_write":        {"receiver": "metrics"},
	"loki.relabel":                   {"receiver": "logs", "rules": "rules"},
	"loki.write":                     {"receiver": "logs"},
}

// takes says what an argument of a component takes.
func takes(component, argument string) string {
	switch {
	case argument == "targets":
		return "targets"
	case argument == "forward_to" && strings.HasPrefix(component, "prometheus."):
		return "metrics"
	case argument == "forward_to", argument == "logs":
		return "logs"
	case argument == "relabel_rules":
		return "rules"
	}
	return "nothing"
}

// Every reference names a component that is there, and something of it that the argument
// takes; and whatever is collected comes to one that writes.
func TestAlloyConfigReferences(t *testing.T) {
	t.Parallel()
	for name, change := range alloyConfigs {
		blocks := readAlloy(t, alloyConfig(change))
		kinds := map[string]string{}
		for _, block := range blocks {
			if block.Label != "" {
				kinds[block.id()] = block.Name
			}
		}
		uses := map[string]int{}
		var visit func(component string, block parsed)
		visit = func(component string, block parsed) {
			for argument, value := range block.Attributes {
				values, isList := value.([]any)
				if !isList {
					values = []any{value}
				}
				for _, value := range values {
					reference, isReference := value.(parsedReference)
					if !isReference {
						continue
					}
					id, export := string(reference), ""
					if dot := strings.LastIndex(id, "."); dot >= 0 {
						id, export = id[:dot], id[dot+1:]
					}
					if got, want := exports[kinds[id]][export], takes(component, argument); got == "" || got != want {
						t.Errorf("%s: %s of %s is %s, which is %q, want %q", name, argument, component, reference, got, want)
					}
					uses[id]++
				}
			}
			for _, inner := range block.Blocks {
				visit(component, inner)
			}
		}
		for _, block := range blocks {
			visit(block.Name, block)
		}
		for id, kind := range kinds {
			if _, exports := exports[kind]; exports && uses[id] == 0 {
				t.Errorf("%s: nothing uses %s", name, id)
			}
		}
	}
}

// Whatever many pods of Alloy would do more than once is shared among them; what each
// does on its own node is not.
func TestAlloyConfigClustering(t *testing.T) {
	t.Parallel()
	own := []string{"prometheus.scrape.nodes", "prometheus.scrape.node_network"}
	for _, block := range readAlloy(t, alloyConfig()) {
		if block.Name != "prometheus.scrape" && block.Name != "loki.source.kubernetes" {
			continue
		}
		shared := slices.ContainsFunc(block.Blocks, func(b parsed) bool { return b.Name == "clustering" && b.Attributes["enabled"] == true })
		// What an exporter in the pod exports differs from pod to pod (but for CloudWatch's),
		// so that sharing it would leave out some.
		if from := fmt.Sprint(block.Attributes["targets"]); shared && strings.HasPrefix(from, "prometheus.exporter.") &&
			!strings.HasPrefix(from, "prometheus.exporter.cloudwatch.") {
			t.Errorf("%s shares %s", block.id(), from)
		}
		if want := !slices.Contains(own, block.id()); shared != want {
			t.Errorf("%s: clustering %v, want %v", block.id(), shared, want)
		}
	}
}

func TestAlloyConfigProbes(t *testing.T) {
	t.Parallel()
	blocks := readAlloy(t, alloyConfig(alloyConfigs["alloy-three-sites"]))
	var got []string
	for _, target := range blockOf(t, blocks, "prometheus.exporter.blackbox.front_door").Blocks {
		labels := target.Attributes["labels"].(map[string]string)
		if labels["tenant_name"] != "Demo" || labels["health_check_url"] != target.Attributes["address"] || len(labels) != 5 {
			t.Errorf("target %v has the labels %v", target.Attributes["name"], labels)
		}
		got = append(got, fmt.Sprint(target.Attributes["name"], " ", target.Attributes["module"], " ", target.Attributes["address"], " ",
			labels["ptd_site"], " ", labels["ptd_component"], " ", labels["check_type"]))
	}
	want := []string{
		"main-workbench http_2xx_workbench http://main-workbench.posit-team.svc.cluster.local/health-check main workbench internal",
		"main-workbench-fqdn http_2xx_workbench https://workbench.demo.example.com/health-check main workbench fqdn",
		"main-connect http_2xx_connect http://main-connect.posit-team.svc.cluster.local/__ping__ main connect internal",
		"main-connect-fqdn http_2xx_connect https://pub.demo.example.com/__ping__ main connect fqdn",
		"main-packagemanager http_2xx http://main-packagemanager.posit-team.svc.cluster.local/__ping__ main packagemanager internal",
		"main-packagemanager-fqdn http_2xx https://packagemanager.demo.example.com/__ping__ main packagemanager fqdn",
		"analytics-workbench http_2xx_workbench http://analytics-workbench.posit-team.svc.cluster.local/health-check analytics workbench internal",
		"research-packagemanager http_2xx http://research-packagemanager.posit-team.svc.cluster.local/__ping__ research packagemanager internal",
		"research-packagemanager-fqdn http_2xx https://packages.research.example.com/__ping__ research packagemanager fqdn",
	}
	assert.Equal(t, want, got, "targets")
	// JSON is YAML, too.
	config := `{"modules":{"http_2xx":{"prober":"http","timeout":"10s","http":{"follow_redirects":false}},` +
		`"http_2xx_connect":{"prober":"http","timeout":"10s","http":{"follow_redirects":false,"headers":{"X-Auth-Token":"probe"}}},` +
		`"http_2xx_workbench":{"prober":"http","timeout":"10s","http":{"follow_redirects":false,"headers":{"X-PTD-Health":"probe"}}}}}`
	if got := blockOf(t, blocks, "prometheus.exporter.blackbox.front_door").Attributes["config"]; got != config {
		t.Errorf("blackbox configuration: %s", got)
	}
}

// (docs/reference/aws-workload-apps.md 8.6)
func TestAlloyConfigCloudWatch(t *testing.T) {
	t.Parallel()
	exporter := blockOf(t, readAlloy(t, alloyConfig()), "prometheus.exporter.cloudwatch.cloudwatch")
	var got []string
	for _, discovery := range exporter.Blocks {
		line := fmt.Sprint(discovery.Attributes["type"], " ", discovery.Attributes["search_tags"])
		if fmt.Sprint(discovery.Attributes["regions"]) != "[us-east-2]" {
			t.Errorf("%s: regions %v", line, discovery.Attributes["regions"])
		}
		for _, metric := range discovery.Blocks {
			line += fmt.Sprint(" ", metric.Attributes["name"], metric.Attributes["statistics"])
			if metric.Attributes["period"] != "5m" {
				t.Errorf("metric %v has the period %v", metric.Attributes["name"], metric.Attributes["period"])
			}
		}
		got = append(got, line)
	}
	want := []string{
		"AWS/FSx map[Name:demo01-staging] StorageCapacity[Average] UsedStorageCapacity[Average]",
		"AWS/RDS map[Name:demo01-staging] FreeStorageSpace[Average] ReadLatency[Average] CPUUtilization[Average] FreeableMemory[Average] WriteLatency[Average] DatabaseConnections[Average Sum] Deadlocks[Sum]",
		"AWS/EC2 map[Name:demo01-staging] NetworkOut[Average] NetworkPacketsOut[Average]",
		"AWS/NATGateway map[posit.team/true-name:^demo01$] ErrorPortAllocation[Sum] PacketsDropCount[Sum]",
		"AWS/ApplicationELB map[posit.team/true-name:^demo01$] HTTPCode_Target_5XX_Count[Sum] UnHealthyHostCount[Average] TargetResponseTime[Average]",
		"AWS/NetworkELB map[posit.team/true-name:^demo01$] UnHealthyHostCount[Average]",
	}
	assert.Equal(t, want, got, "discoveries")
	assert.Equal(t, "us-east-2", exporter.Attributes["sts_region"])
}

func TestAlloyConfigControlRoom(t *testing.T) {
	t.Parallel()
	blocks := readAlloy(t, alloyConfig(alloyConfigs["alloy-filtered"]))
	queue := parsed{Name: "queue_config", Attributes: map[string]any{"sample_age_limit": "5m", "max_shards": 10, "max_backoff": "5m"}}
	labels := map[string]any{"external_labels": map[string]string{"tenant_name": "Demo"}}
	for _, want := range []parsed{
		{Name: "prometheus.remote_write", Label: "control_room", Attributes: labels, Blocks: []parsed{{
			Name: "endpoint", Attributes: map[string]any{
				"url": "https://mimir.ctrl.example.com/api/v1/push", "headers": map[string]string{"X-Scope-OrgID": "123456789012"},
			},
			Blocks: []parsed{{Name: "basic_auth", Attributes: map[string]any{
				"username": "demo01-staging", "password_file": "/etc/mimir/password",
			}}, queue},
		}}},
		{Name: "prometheus.remote_write", Label: "workload", Attributes: labels, Blocks: []parsed{{
			Name: "endpoint", Attributes: map[string]any{"url": MimirURL + "/api/v1/push"}, Blocks: []parsed{queue},
		}}},
	} {
		assert.Equal(t, want, blockOf(t, blocks, want.id()), want.id())
	}
	// Only what goes to the control room goes through the filter.
	to := blockOf(t, blocks, "prometheus.relabel.default").Attributes["forward_to"]
	assert.Equal(t, []any{
		parsedReference("prometheus.relabel.control_room_filter.receiver"), parsedReference("prometheus.remote_write.workload.receiver"),
	}, to, "metrics go to")
	rule := blockOf(t, blocks, "prometheus.relabel.control_room_filter").Blocks[0].Attributes
	// Prometheus ties the expression to both ends.
	kept := regexp.MustCompile("^(?s:" + rule["regex"].(string) + ")$")
	for name, want := range map[string]bool{
		"up": true, "probe_http_status_code": true, "aws_rds_cpuutilization_average": true, "kube_pod_info": true,
		"upper": false, "go_gc_duration_seconds": false, "xup": false, "": false,
	} {
		if kept.MatchString(name) != want {
			t.Errorf("metric %q is kept: %v, want %v", name, !want, want)
		}
	}
	if rule["action"] != "keep" {
		t.Errorf("the filter's action is %v", rule["action"])
	}
}

func TestControlRoomMetrics(t *testing.T) {
	t.Parallel()
	metrics := ControlRoomMetrics()
	if !slices.IsSorted(metrics) || len(slices.Compact(slices.Clone(metrics))) != len(metrics) {
		t.Error("the metrics are not sorted, or one is there twice")
	}
	for _, name := range metrics {
		if !regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`).MatchString(name) {
			t.Errorf("%q is no name of a metric", name)
		}
	}
	metrics[0] = "changed"
	if ControlRoomMetrics()[0] == "changed" {
		t.Error("a caller can change the metrics of others")
	}
}

func TestAlloyConfigErrors(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*AlloyConfig){
		"configuration of Alloy: cluster is required":                  func(c *AlloyConfig) { c.Cluster = "" },
		"tenant is required":                                           func(c *AlloyConfig) { c.Tenant = "" },
		"domain is required":                                           func(c *AlloyConfig) { c.Domain = "" },
		"Loki's URL is required":                                       func(c *AlloyConfig) { c.LokiURL = "" },
		"Mimir's URL is required":                                      func(c *AlloyConfig) { c.MimirURL = "" },
		"control room: a user and a tenant id are required":            func(c *AlloyConfig) { c.ControlRoom.User = "" },
		`domain of the control room: "" is no host name`:               func(c *AlloyConfig) { c.ControlRoom.Domain = "" },
		`domain: "demo.example.com\n" is no host name`:                 func(c *AlloyConfig) { c.Domain += "\n" },
		`connect of site main: "evil.example/.demo.example.com" is no`: func(c *AlloyConfig) { c.Sites[0].Hosts["connect"] = "evil.example/.demo.example.com" },
		`connect of site main: "a@b.demo.example.com" is no host name`: func(c *AlloyConfig) { c.Sites[0].Hosts["connect"] = "a@b.demo.example.com" },
		"CloudWatch: a region is required":                             func(c *AlloyConfig) { c.CloudWatch.Region = "" },
		`CloudWatch: ".*|x" must be letters`:                           func(c *AlloyConfig) { c.CloudWatch.TrueName = ".*|x" },
		`CloudWatch: "" must be letters`:                               func(c *AlloyConfig) { c.CloudWatch.Name = "" },
	} {
		if _, err := alloyConfig(change).Text(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
}

// checkHostile writes a configuration with texts that somebody chose, and checks that
// they are still texts, and the rest is what it would be with harmless ones.
func checkHostile(t *testing.T, text string) {
	t.Helper()
	put := func(c *AlloyConfig) {
		c.Tenant, c.Cluster = text, text
		c.ControlRoom.User, c.ControlRoom.TenantID = text, text
		c.ControlRoom.Metrics = []string{text}
	}
	got, want := alloyConfig(put), alloyConfig(func(c *AlloyConfig) { c.ControlRoom.Metrics = []string{"up"} })
	written, err := got.Text()
	if err != nil {
		if text == "" {
			return
		}
		t.Fatalf("%q: %v", text, err)
	}
	blocks, err := parseRiver(written)
	if err != nil {
		t.Fatalf("%q: %v in\n%s", text, err, written)
	}
	assert.Equal(t, riverShape(readAlloy(t, want)), riverShape(blocks), "%q changes the configuration", text)
	logs := blockOf(t, blocks, "loki.write.local").Attributes["external_labels"].(map[string]string)
	room := blockOf(t, blocks, "prometheus.remote_write.control_room").Blocks[0]
	cluster := blockOf(t, blocks, "prometheus.relabel.default").Blocks[0].Attributes["replacement"].(string)
	expanded := string(regexp.MustCompile("(.*)").ExpandString(nil, cluster, "x", []int{0, 1, 0, 1}))
	for what, got := range map[string]any{
		"tenant": logs["tenant_name"], "user": room.Blocks[0].Attributes["username"],
		"tenant id": room.Attributes["headers"].(map[string]string)["X-Scope-OrgID"], "cluster": expanded,
	} {
		if got != text {
			t.Errorf("%s: got %q, want %q", what, got, text)
		}
	}
	// What goes into the names of hosts must be able to be in one.
	for _, change := range []func(*AlloyConfig){
		func(c *AlloyConfig) { c.Domain = text }, func(c *AlloyConfig) { c.ControlRoom.Domain = text },
		func(c *AlloyConfig) { c.Sites[0].Hosts["connect"] = text },
		func(c *AlloyConfig) { c.Sites[0].Name = text },
	} {
		written, err := alloyConfig(change).Text()
		if err != nil {
			continue
		}
		blocks, err := parseRiver(written)
		if err != nil {
			t.Fatalf("%q: %v in\n%s", text, err, written)
		}
		assert.Equal(t, riverShape(readAlloy(t, alloyConfig())), riverShape(blocks), "%q changes the configuration", text)
	}
}

// riverShape is a configuration without the texts in it.
func riverShape(blocks []parsed) []string {
	var lines []string
	for _, block := range blocks {
		lines = append(lines, block.id())
		for name, value := range block.Attributes {
			lines = append(lines, fmt.Sprintf("%s %s %T", block.id(), name, value))
		}
		for _, line := range riverShape(block.Blocks) {
			lines = append(lines, block.id()+" "+line)
		}
	}
	slices.Sort(lines)
	return lines
}

func TestAlloyConfigHostileTexts(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		checkHostile(t, text)
	}
}

func FuzzAlloyConfig(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(checkHostile)
}
