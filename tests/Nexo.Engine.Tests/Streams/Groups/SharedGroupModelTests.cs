using CsCheck;
using Nexo.Engine.Tests.Queues.Model;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>
/// Members of a shared group that come, die, settle rightly and wrongly, seek, let time pass and clocks jump, over appends, trims,
/// snapshots and crashes at any record of the log: what is given and what is done is held against a plain account of it.
/// </summary>
public sealed class SharedGroupModelTests
{
    [Fact]
    public void Nothing_is_skipped_and_of_each_key_one_is_out_in_its_order() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 99].Array[20, 120]).Sample(
            (seed, steps) => new SharedGroupLife(seed).Run(steps), iter: ModelRounds.Of(150), threads: 1);
}
