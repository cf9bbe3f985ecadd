using CsCheck;
using Xunit;

namespace Nexo.Storage.Tests.Segments;

public class SegmentTimeTests
{
    private static readonly Gen<List<long>> Times = Gen.Long[-50, 400].List[0, 80];

    [Fact]
    public void A_time_gives_the_first_batch_with_which_it_is_reached_also_when_times_go_back() =>
        Gen.Select(Times, Gen.Int[0, 80], Gen.Int[0, 80], Gen.Bool).Sample((times, flushAt, trimTo, reopened) =>
        {
            SimulatedDisk disk = LogHarness.NewDisk();
            SegmentedLogCheckpoint checkpoint = default;
            List<Batch> batches = [];
            long first;
            using (var at = new LogHarness(disk))
            {
                for (int i = 0; i < times.Count; i++)
                {
                    batches.Add(at.Append(time: times[i], records: 2));
                    if (i == flushAt)
                    {
                        at.Log.Flush();
                    }
                }

                first = at.Log.TrimBefore(trimTo);
                Check(at.Log, batches, first);
                if (reopened)
                {
                    checkpoint = at.Log.Checkpoint();
                }
            }

            if (reopened)
            {
                using var again = new LogHarness(disk.Crash(1), checkpoint);
                Check(again.Log, batches, first);
            }
        });

    private static void Check(SegmentedLog log, List<Batch> batches, long first)
    {
        for (long time = -52; time <= 402; time += 3)
        {
            long expected = batches.FirstOrDefault(batch => batch.Time >= time)?.Offset ?? log.NextOffset;
            Assert.Equal(Math.Max(first, expected), log.OffsetAtTime(time));
        }
    }
}
