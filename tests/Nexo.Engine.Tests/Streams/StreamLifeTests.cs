using CsCheck;
using Nexo.Engine.Tests.Queues.Model;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>
/// Random commands with power losses, snapshots, backups and file work between them: what is there is what the log had made durable, and
/// what readers were given never goes but by retention.
/// </summary>
public sealed class StreamLifeTests
{
    [Fact]
    public void A_stream_holds_what_its_log_has_made_durable_over_crashes_snapshots_and_retention() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 99].Array[20, 200]).Sample(
            (seed, steps) => new StreamLife(seed).Run(steps), iter: ModelRounds.Of(60), threads: 1);
}
