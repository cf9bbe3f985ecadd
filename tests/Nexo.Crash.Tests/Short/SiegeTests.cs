using Nexo.Crash.Server;
using Nexo.Siege;
using Nexo.Siege.Floods;
using Nexo.Siege.Fuzz;
using Nexo.Siege.Memory;
using Nexo.Siege.Soak;

namespace Nexo.Crash.Tests.Short;

/// <summary>A moment of each siege, on a tenth of its connections: <c>tests/siege/run</c> is the long form.</summary>
public sealed class SiegeTests
{
    public static TheoryData<string> Floods { get; } = [.. FloodScenario.All.Select(flood => flood.Name)];

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_server_holds_out_against_a_flood_and_serves_others(string name)
    {
        using var form = new ShortForm();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the server is watched through /proc");
        Flood flood = FloodScenario.All.Single(flood => flood.Name == name);
        SiegeResult result = await FloodScenario.RunAsync(flood, Options(form, seconds: 2), TestContext.Current.CancellationToken);
        Assert.True(result.Findings.Count == 0, result.ToString());
    }

    [Fact]
    public async Task Hostile_bytes_before_login_harm_nobody()
    {
        using var form = new ShortForm();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the server is watched through /proc");
        SiegeResult result = await FuzzScenario.RunAsync(Options(form, seconds: 5), TestContext.Current.CancellationToken);
        Assert.True(result.Findings.Count == 0, result.ToString());
    }

    [Fact]
    public async Task Ordinary_work_of_all_kinds_goes_on()
    {
        using var form = new ShortForm();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the server is watched through /proc");
        SiegeResult result = await SoakScenario.RunAsync(Options(form, seconds: 8), TestContext.Current.CancellationToken);
        Assert.True(result.Findings.Count == 0, result.ToString());
    }

    [Theory]
    [InlineData(LittleMemoryScenario.OnDisk)]
    [InlineData(LittleMemoryScenario.WithoutDisk)]
    public async Task A_server_with_little_memory_stays_whatever_it_is_offered(string name)
    {
        using var form = new ShortForm();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the server is watched through /proc");
        SiegeResult result = await LittleMemoryScenario.RunAsync(
            name, Options(form, seconds: 0) with { Size = 0.15 }, TestContext.Current.CancellationToken);
        Assert.True(result.Findings.Count == 0, result.ToString());
    }

    private static SiegeOptions Options(ShortForm form, int seconds) => new()
    {
        Program = Programs.For(Path.Combine(AppContext.BaseDirectory, "nexo.dll")),
        Scratch = form.Scratch,
        Seed = form.Seed,
        Size = 0.1,
        Duration = TimeSpan.FromSeconds(seconds),
        Say = _ => { },
    };
}
