namespace Nexo.Engine.Topics;

/// <summary>Where a filter lies in the index: in 8 bytes, since a subscription has one for each of its filters.</summary>
/// <param name="Shard">Number of the shard.</param>
/// <param name="Node">Number of the node in it; 0: there is no such filter.</param>
internal readonly record struct FilterPlace(int Shard, int Node)
{
    public bool Exists => Node != 0;
}
