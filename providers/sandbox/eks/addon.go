package eks

func buildAddon(c *component) error {
	core, err := c.coreOf()
	if err != nil {
		return err
	}
	inputs := map[string]value{"clusterName": c.clusterName(core)}
	for _, name := range []string{
		"addonName", "addonVersion", "preserve", "resolveConflictsOnCreate", "resolveConflictsOnUpdate", "serviceAccountRoleArn", "tags",
	} {
		inputs[name] = c.raw(name)
	}
	if c.given("configurationValues") {
		inputs["configurationValues"] = derive(asJSON, c.raw("configurationValues"))
	}
	_, err = c.register(child{typ: awsAddonType, name: c.Name, inputs: inputs})
	return err
}
