package kubernetes

import "regexp"

// cloudWatchMetric is a metric and the statistics of it that are collected.
type cloudWatchMetric struct {
	name       string
	statistics []string
}

// cloudWatchDiscovery is a kind of AWS resource, and what of it is collected.
type cloudWatchDiscovery struct {
	kind string
	// byName finds resources by the tag Name, otherwise by the workload's true name.
	byName  bool
	metrics []cloudWatchMetric
}

var cloudWatchDiscoveries = []cloudWatchDiscovery{
	{"AWS/FSx", true, []cloudWatchMetric{
		{"StorageCapacity", []string{"Average"}}, {"UsedStorageCapacity", []string{"Average"}},
	}},
	{"AWS/RDS", true, []cloudWatchMetric{
		{"FreeStorageSpace", []string{"Average"}}, {"ReadLatency", []string{"Average"}}, {"CPUUtilization", []string{"Average"}},
		{"FreeableMemory", []string{"Average"}}, {"WriteLatency", []string{"Average"}},
		{"DatabaseConnections", []string{"Average", "Sum"}}, {"Deadlocks", []string{"Sum"}},
	}},
	{"AWS/EC2", true, []cloudWatchMetric{{"NetworkOut", []string{"Average"}}, {"NetworkPacketsOut", []string{"Average"}}}},
	{"AWS/NATGateway", false, []cloudWatchMetric{{"ErrorPortAllocation", []string{"Sum"}}, {"PacketsDropCount", []string{"Sum"}}}},
	{"AWS/ApplicationELB", false, []cloudWatchMetric{
		{"HTTPCode_Target_5XX_Count", []string{"Sum"}}, {"UnHealthyHostCount", []string{"Average"}},
		{"TargetResponseTime", []string{"Average"}},
	}},
	{"AWS/NetworkELB", false, []cloudWatchMetric{{"UnHealthyHostCount", []string{"Average"}}}},
}

// cloudWatch collects what AWS measures of the workload's resources.
// (docs/reference/aws-workload-apps.md 8.6)
func (c AlloyConfig) cloudWatch() []riverBlock {
	cloud := c.CloudWatch
	if cloud == nil {
		return nil
	}
	exporter := riverBlock{"prometheus.exporter.cloudwatch", "cloudwatch", []riverItem{
		riverAttribute{"sts_region", riverString(cloud.Region)},
	}}
	// Values of tags are expressions that match anywhere. The names of nodes only begin
	// with the workload's; the true name is all of its tag.
	byName := riverMap{"Name": regexp.QuoteMeta(cloud.Name)}
	byTrueName := riverMap{"posit.team/true-name": "^" + regexp.QuoteMeta(cloud.TrueName) + "$"}
	for _, discovery := range cloudWatchDiscoveries {
		tags := byTrueName
		if discovery.byName {
			tags = byName
		}
		block := riverBlock{name: "discovery", body: []riverItem{
			riverAttribute{"type", riverString(discovery.kind)},
			riverAttribute{"regions", riverStrings(cloud.Region)},
			riverAttribute{"search_tags", tags},
		}}
		for _, metric := range discovery.metrics {
			block.body = append(block.body, riverBlock{name: "metric", body: []riverItem{
				riverAttribute{"name", riverString(metric.name)},
				riverAttribute{"statistics", riverStrings(metric.statistics...)},
				riverAttribute{"period", riverString("5m")},
			}})
		}
		exporter.body = append(exporter.body, block)
	}
	return []riverBlock{exporter, scrape("cloudwatch", exporter.export("targets"), defaultMetrics, clustered)}
}
