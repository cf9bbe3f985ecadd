using Nexo.Crash.Ledger;
using Nexo.Crash.Report;
using Nexo.Crash.Scenarios;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Short;

/// <summary>The crash scenarios with few cycles; <c>tests/crash/run</c> is their long form.</summary>
public sealed class ShortFormTests
{
    [Fact]
    public async Task Killed_at_random_moments_an_fsync_server_keeps_what_it_acknowledged()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await KillScenario.RunAsync(form.Options(cycles: 10), default));
    }

    [Fact]
    public async Task Killed_at_random_moments_an_interval_server_keeps_what_was_asked_for_with_fsync()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await KillScenario.RunAsync(form.Options(cycles: 10, Durability.Interval), default));
    }

    [Fact]
    public async Task Killed_at_random_moments_queues_keep_what_was_acknowledged_and_bring_back_nothing_else()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await KillScenario.RunQueuesAsync(form.Options(cycles: 10), default));
    }

    [Fact]
    public async Task Queues_that_acknowledge_what_they_do_not_keep_are_found_out()
    {
        using var form = new ShortForm();
        ScenarioOptions options = form.Options(cycles: 4);
        ScenarioResult result = await KillScenario.RunQueuesAsync(
            options with
            {
                Launch = options.Launch with { Durability = Durability.Memory, Claimed = Durability.Fsync },
            },
            default);

        Assert.Contains(result.Findings, finding => finding.Kind == FindingKind.Lost);
    }

    [Fact]
    public async Task Killed_at_random_moments_topics_keep_what_was_confirmed_and_so_do_the_queues_that_they_feed()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await KillScenario.RunTopicsAsync(form.Options(cycles: 10), default));
    }

    [Fact]
    public async Task Topics_that_confirm_what_they_do_not_keep_are_found_out()
    {
        using var form = new ShortForm();
        ScenarioOptions options = form.Options(cycles: 4);
        ScenarioResult result = await KillScenario.RunTopicsAsync(
            options with
            {
                Launch = options.Launch with { Durability = Durability.Memory, Claimed = Durability.Fsync },
            },
            default);

        Assert.Contains(result.Findings, finding => finding.Kind == FindingKind.Lost);
    }

    [Fact]
    public async Task Killed_at_random_moments_streams_keep_what_was_confirmed_or_shown_in_its_place()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await KillScenario.RunStreamsAsync(form.Options(cycles: 10), default));
    }

    [Fact]
    public async Task Streams_that_confirm_what_they_do_not_keep_are_found_out()
    {
        using var form = new ShortForm();
        ScenarioOptions options = form.Options(cycles: 4);
        ScenarioResult result = await KillScenario.RunStreamsAsync(
            options with
            {
                Launch = options.Launch with { Durability = Durability.Memory, Claimed = Durability.Fsync },
            },
            default);

        Assert.Contains(result.Findings, finding => finding.Kind == FindingKind.Lost);
    }

    [Fact]
    public async Task Killed_at_random_moments_sessions_of_mqtt_get_what_was_confirmed_and_exactly_once_what_was_promised_so()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await KillScenario.RunMqttAsync(form.Options(cycles: 10), default));
    }

    [Fact]
    public async Task Sessions_of_mqtt_that_confirm_what_they_do_not_keep_are_found_out()
    {
        using var form = new ShortForm();
        ScenarioOptions options = form.Options(cycles: 4);
        ScenarioResult result = await KillScenario.RunMqttAsync(
            options with
            {
                Launch = options.Launch with { Durability = Durability.Memory, Claimed = Durability.Fsync },
            },
            default);

        Assert.Contains(result.Findings, finding => finding.Kind == FindingKind.Lost);
    }

    [Fact]
    public async Task Killed_at_random_moments_clients_of_redis_find_all_that_was_answered_and_no_half_of_a_transaction()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await KillScenario.RunRespAsync(form.Options(cycles: 10), default));
    }

    [Fact]
    public async Task Answers_to_clients_of_redis_to_what_is_not_kept_are_found_out()
    {
        using var form = new ShortForm();
        ScenarioOptions options = form.Options(cycles: 4);
        ScenarioResult result = await KillScenario.RunRespAsync(
            options with
            {
                Launch = options.Launch with { Durability = Durability.Memory, Claimed = Durability.Fsync },
            },
            default);

        Assert.Contains(result.Findings, finding => finding.Kind == FindingKind.Lost);
    }

    [Fact]
    public async Task Killed_at_random_moments_two_namespaces_have_each_what_was_written_there()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await KillScenario.RunSpacesAsync(form.Options(cycles: 10), default));
    }

    [Fact]
    public async Task Two_loads_in_one_namespace_are_found_out()
    {
        using var form = new ShortForm();
        ScenarioResult result = await KillScenario.RunSpacesAsync(form.Options(cycles: 2), default, second: "default");
        Assert.NotEmpty(result.Findings);
    }

    [Fact]
    public async Task After_a_power_failure_everything_acknowledged_is_there()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await PowerScenario.RunAsync(form.Options(cycles: 8), default));
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_and_comes_back_by_itself()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await FullScenario.RunAsync(form.Options(cycles: 1), default));
    }

    [Fact]
    public async Task A_failed_system_call_never_costs_what_was_acknowledged()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await FaultScenario.RunAsync(form.Options(cycles: 6), default));
    }

    [Fact]
    public async Task Histories_with_kills_in_them_are_linearizable()
    {
        using var form = new ShortForm();
        ShortForm.AssertPassed(await LinearScenario.RunAsync(form.Options(cycles: 8, Durability.Interval), default));
    }

    [Fact]
    public async Task A_server_that_acknowledges_what_it_does_not_keep_is_found_out()
    {
        using var form = new ShortForm();
        ScenarioOptions options = form.Options(cycles: 4);
        ScenarioResult result = await KillScenario.RunAsync(
            options with
            {
                Launch = options.Launch with { Durability = Durability.Memory, Claimed = Durability.Fsync },
            },
            default);

        Assert.Contains(result.Findings, finding => finding.Kind == FindingKind.Lost);
    }
}
