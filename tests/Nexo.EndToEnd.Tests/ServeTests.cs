using Nexo.Cli.Tests;

namespace Nexo.EndToEnd.Tests;

public sealed class ServeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_signal_that_comes_before_the_server_is_there_stops_it_all_the_same()
    {
        string[] line = ["serve", "--port", "0", "--http-port", "0", "--data", "none"];
        Task<CliResult> serving = new CliRunner().Run(line, null, new CancellationToken(canceled: true));
        Assert.Equal(0, (await serving.WaitAsync(Patience)).ExitCode);
    }
}
