using Nexo.Siege.Server;

namespace Nexo.Siege.Floods;

/// <summary>Somebody who means ill, or knows no better.</summary>
/// <param name="Name">What it is called on the command line and in the table.</param>
/// <param name="RunAsync">Does it until it is told to stop.</param>
internal sealed record Flood(string Name, Func<FloodField, Task> RunAsync)
{
    /// <summary>What the server is set to for it.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>What the server is run under.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Resident memory that it may cost at most.</summary>
    public long MemoryMax { get; init; } = 100L * 1_024 * 1_024;
}

/// <summary>Where a flood goes, and what it has done.</summary>
internal sealed class FloodField(Besieged server, double size, CancellationToken stop)
{
    private long _done;
    private long _refused;

    public Besieged Server => server;

    /// <summary>Set when it is to end.</summary>
    public CancellationToken Stop => stop;

    /// <summary>Connections opened, commands sent, guesses made: whatever the flood is of.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>Of those, what the server did not let happen.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public void Count(long by = 1) => Interlocked.Add(ref _done, by);

    public void CountRefused(long by = 1) => Interlocked.Add(ref _refused, by);

    /// <summary>How many of something, by the size of this run.</summary>
    public int Of(int usual) => Math.Max(1, (int)(usual * size));

    /// <summary>Runs the same at several places at once, each over and over, until the end. What the network refuses is counted.</summary>
    public async Task RepeatAsync(int places, Func<int, Task> once)
    {
        await Task.WhenAll(Enumerable.Range(0, places).Select(place => Task.Run(() => RepeatAtAsync(place))));

        async Task RepeatAtAsync(int place)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await once(place);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception failure) when (failure is System.Net.Sockets.SocketException or IOException)
                {
                    CountRefused();
                    await Task.Delay(10);
                }
            }
        }
    }
}
