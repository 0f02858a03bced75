// Draws a laid-out network on a canvas: segments as outlined areas, edges, nodes. Only what is in view is drawn, and
// below a readable size nodes lose their text, so that thousands of nodes stay within a frame.

import type { Unit } from 'octet-quant';
import { decibels, tintOf } from 'octet-quant/display';
import { type Network, type NetworkNode, unitOf } from '../model/network';
import { fusedActivation } from '../model/words';
import type { LayoutResult, Point } from './layered';
import { NODE_HEIGHT, nodeWidth } from './layout';
import type { CanvasTheme } from './theme';

export interface Camera {
  /** Screen position of the drawing's origin, and screen pixels per unit of the drawing. */
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Scene {
  readonly network: Network;
  readonly layout: LayoutResult;
  readonly segments: readonly SegmentArea[];
}

/** The nodes of one segment and the edges inside it. */
export interface SegmentArea {
  readonly name: string;
  readonly unit: Unit;
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
}

/** What changes from frame to frame besides the camera. */
export interface Marks {
  readonly selected: number | undefined;
  readonly hovered: number | undefined;
  /** Nodes that the search found; undefined when nothing is searched. */
  readonly found: ReadonlySet<number> | undefined;
  /** dB by node id; present when nodes are coloured by error. */
  readonly errors: ReadonlyMap<string, number> | undefined;
  /** Ids of nodes that the user gave a precision of their own. */
  readonly own: ReadonlySet<string>;
}

const TEXT_SCALE = 0.42;
const DETAIL_SCALE = 0.6;
/** Below it a node is a block of colour. */
const BLOCK_SCALE = 0.15;
/** On a stronger tint all text is in the strongest ink. */
const READABLE_TINT = 0.3;
const SEGMENT_MARGIN = 9;
const CORNER = 4;

export function sceneOf(network: Network, layout: LayoutResult): Scene {
  const members = new Map<string, { unit: Unit; nodes: number[] }>();
  network.nodes.forEach((node, index) => {
    if (node.kind !== 'operator' || node.node.segment === '') return;
    const area = members.get(node.node.segment) ?? { unit: node.node.unit, nodes: [] };
    area.nodes.push(index);
    members.set(node.node.segment, area);
  });
  const segmentOf = (index: number): string | undefined => {
    const node = network.nodes[index];
    return node?.kind === 'operator' ? node.node.segment : undefined;
  };
  const inner = new Map<string, number[]>();
  network.edges.forEach(({ from, to }, index) => {
    const segment = segmentOf(from);
    if (segment === undefined || segment !== segmentOf(to)) return;
    const edges = inner.get(segment) ?? [];
    edges.push(index);
    inner.set(segment, edges);
  });
  const segments = [...members].map(([name, { unit, nodes }]) => ({
    name,
    unit,
    nodes,
    edges: inner.get(name) ?? [],
  }));
  return { network, layout, segments };
}

export function draw(
  context: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number; readonly ratio: number },
  scene: Scene,
  camera: Camera,
  marks: Marks,
  theme: CanvasTheme,
): void {
  context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  context.fillStyle = theme.canvas;
  context.fillRect(0, 0, size.width, size.height);
  const { ratio } = size;
  context.setTransform(ratio * camera.scale, 0, 0, ratio * camera.scale, ratio * camera.x, ratio * camera.y);
  const view = {
    left: -camera.x / camera.scale - 120,
    right: (size.width - camera.x) / camera.scale + 120,
    top: -camera.y / camera.scale - 60,
    bottom: (size.height - camera.y) / camera.scale + 60,
  };
  const pixel = 1 / camera.scale;
  const visibleEdges = new Set<number>();
  scene.layout.routes.forEach((route, index) => {
    if (overlaps(route, view)) visibleEdges.add(index);
  });
  const visible = (index: number): boolean => overlaps([scene.layout.positions[index] ?? ORIGIN], view);
  for (const segment of scene.segments)
    drawSegment(context, scene, segment, visible, visibleEdges, pixel, theme);
  drawEdges(context, scene, visibleEdges, marks, pixel, theme);
  scene.network.nodes.forEach((node, index) => {
    const center = scene.layout.positions[index];
    if (center && visible(index)) drawNode(context, node, index, center, camera, marks, theme);
  });
}

const ORIGIN: Point = { x: 0, y: 0 };

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function overlaps(points: readonly Point[], view: Box): boolean {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (const { x } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
  }
  const first = points[0] ?? ORIGIN;
  const last = points.at(-1) ?? first;
  return left <= view.right && right >= view.left && first.y <= view.bottom && last.y >= view.top;
}

/** One area around nodes and inner edges: everything thick in the outline's colour, then a pixel thinner in the tint. */
function drawSegment(
  context: CanvasRenderingContext2D,
  scene: Scene,
  segment: SegmentArea,
  visible: (index: number) => boolean,
  visibleEdges: ReadonlySet<number>,
  pixel: number,
  theme: CanvasTheme,
): void {
  const nodes = segment.nodes.filter(visible);
  const edges = segment.edges.filter((edge) => visibleEdges.has(edge));
  if (nodes.length === 0 && edges.length === 0) return;
  const line = Math.min(2, Math.max(1, pixel));
  for (const [margin, color] of [
    [SEGMENT_MARGIN + line, theme.unit[segment.unit]],
    [SEGMENT_MARGIN, theme.unitTint[segment.unit]],
  ] as const) {
    context.beginPath();
    for (const index of nodes) {
      const node = scene.network.nodes[index];
      const center = scene.layout.positions[index];
      if (node && center)
        roundedBox(context, center, nodeWidth(node) + 2 * margin, NODE_HEIGHT + 2 * margin, CORNER + margin);
    }
    for (const edge of edges) bridge(context, scene, edge, margin);
    context.fillStyle = color;
    context.fill();
    context.beginPath();
    for (const edge of edges) {
      if (!isStraight(scene.layout.routes[edge] ?? [])) tracePath(context, scene.layout.routes[edge] ?? []);
    }
    context.lineWidth = 2 * margin;
    context.lineJoin = 'round';
    context.lineCap = 'butt';
    context.strokeStyle = color;
    context.stroke();
  }
  const firstIndex = segment.nodes[0];
  const first = firstIndex === undefined ? undefined : scene.layout.positions[firstIndex];
  if (first && firstIndex !== undefined && visible(firstIndex) && pixel < 1 / TEXT_SCALE) {
    const node = scene.network.nodes[firstIndex];
    context.font = `600 10px ${theme.sans}`;
    context.fillStyle = theme.unit[segment.unit];
    context.textAlign = 'left';
    context.textBaseline = 'bottom';
    const half = node ? nodeWidth(node) / 2 : 0;
    context.fillText(segment.name, first.x + half + SEGMENT_MARGIN + 6, first.y - NODE_HEIGHT / 2 + 4);
  }
}

/** Joins the boxes of two nodes that lie one straight above the other. */
function bridge(context: CanvasRenderingContext2D, scene: Scene, edge: number, margin: number): void {
  const ends = scene.network.edges[edge];
  const route = scene.layout.routes[edge] ?? [];
  const [start, end] = [route[0], route.at(-1)];
  const [from, to] = [scene.network.nodes[ends?.from ?? -1], scene.network.nodes[ends?.to ?? -1]];
  if (!start || !end || !from || !to || !isStraight(route)) return;
  const half = Math.min(nodeWidth(from), nodeWidth(to)) / 2 + margin;
  const left = Math.max(start.x, end.x) - half;
  const right = Math.min(start.x, end.x) + half;
  context.rect(left, start.y - NODE_HEIGHT / 2, right - left, end.y - start.y + NODE_HEIGHT);
}

/** From one row to the next, in the same column but for a few pixels. */
function isStraight(route: readonly Point[]): boolean {
  const [start, end] = [route[0], route[1]];
  return route.length === 2 && start !== undefined && end !== undefined && Math.abs(start.x - end.x) < 24;
}

function drawEdges(
  context: CanvasRenderingContext2D,
  scene: Scene,
  visible: ReadonlySet<number>,
  marks: Marks,
  pixel: number,
  theme: CanvasTheme,
): void {
  const strong: number[] = [];
  context.beginPath();
  for (const index of visible) {
    const edge = scene.network.edges[index];
    if (edge && (touches(edge, marks.selected) || touches(edge, marks.hovered))) strong.push(index);
    else tracePath(context, scene.layout.routes[index] ?? []);
  }
  context.lineWidth = Math.max(1, pixel * 0.8);
  context.strokeStyle = theme.ink3;
  context.stroke();
  context.beginPath();
  for (const index of strong) tracePath(context, scene.layout.routes[index] ?? []);
  context.lineWidth = Math.max(1.5, pixel * 1.5);
  context.strokeStyle = theme.focus;
  context.stroke();
}

function touches(edge: { readonly from: number; readonly to: number }, index: number | undefined): boolean {
  return index !== undefined && (edge.from === index || edge.to === index);
}

function drawNode(
  context: CanvasRenderingContext2D,
  node: NetworkNode,
  index: number,
  center: Point,
  camera: Camera,
  marks: Marks,
  theme: CanvasTheme,
): void {
  const width = nodeWidth(node);
  const left = center.x - width / 2;
  const top = center.y - NODE_HEIGHT / 2;
  const unit = unitOf(node);
  const error = marks.errors?.get(node.id);
  context.globalAlpha = marks.found === undefined || marks.found.has(index) ? 1 : 0.25;
  if (camera.scale < BLOCK_SCALE && marks.selected !== index) {
    context.fillStyle = error !== undefined ? theme.heat : unit ? theme.unit[unit] : theme.ink3;
    if (error !== undefined) context.globalAlpha *= Math.max(0.15, tintOf(error));
    context.fillRect(left, top, width, NODE_HEIGHT);
    context.globalAlpha = 1;
    return;
  }
  context.beginPath();
  roundedBox(context, center, width, NODE_HEIGHT, unit ? CORNER : NODE_HEIGHT / 2);
  context.fillStyle = unit ? theme.raised : theme.sunken;
  context.fill();
  if (error !== undefined) {
    context.globalAlpha *= tintOf(error) * 0.75;
    context.fillStyle = theme.heat;
    context.fill();
    context.globalAlpha = marks.found === undefined || marks.found.has(index) ? 1 : 0.25;
  }
  const isSelected = marks.selected === index;
  context.lineWidth = isSelected ? Math.max(2, 2 / camera.scale) : Math.max(1, 1 / camera.scale);
  context.strokeStyle = isSelected || marks.hovered === index ? theme.focus : theme.lineStrong;
  context.setLineDash(marks.own.has(node.id) ? [4, 3] : []);
  context.stroke();
  context.setLineDash([]);
  if (unit) {
    context.fillStyle = theme.unit[unit];
    const bar = camera.scale < TEXT_SCALE ? Math.min(width, 40) : 4;
    context.beginPath();
    context.roundRect(left, top, bar, NODE_HEIGHT, [CORNER, 0, 0, CORNER]);
    context.fill();
  }
  if (camera.scale >= TEXT_SCALE) drawText(context, node, center, width, camera, error, theme);
  context.globalAlpha = 1;
}

function drawText(
  context: CanvasRenderingContext2D,
  node: NetworkNode,
  center: Point,
  width: number,
  camera: Camera,
  error: number | undefined,
  theme: CanvasTheme,
): void {
  const isOperator = node.kind === 'operator';
  const left = center.x - width / 2 + (isOperator ? 13 : 14);
  const right = center.x + width / 2 - (isOperator ? 9 : 14);
  const detailed = camera.scale >= DETAIL_SCALE;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.font = `600 12px ${theme.sans}`;
  context.fillStyle = theme.ink;
  context.fillText(clip(context, node.title, right - left), left, center.y - (detailed ? 8 : 0));
  if (!detailed) return;
  context.font = `400 11px ${theme.sans}`;
  context.fillStyle = error !== undefined && tintOf(error) > READABLE_TINT ? theme.ink : theme.ink2;
  context.fillText(clip(context, node.detail, right - left), left, center.y + 9);
  const aside = error !== undefined ? decibels(error) : isOperator ? fusedActivation(node.node) : '';
  if (aside === '') return;
  context.textAlign = 'right';
  context.fillStyle = error !== undefined ? theme.ink : theme.ink3;
  context.fillText(aside, right, center.y + 9);
}

function clip(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let shorter = text.slice(0, Math.max(1, Math.floor(room / 5)));
  while (shorter.length > 1 && context.measureText(`${shorter}…`).width > room)
    shorter = shorter.slice(0, -1);
  return `${shorter}…`;
}

function roundedBox(
  context: CanvasRenderingContext2D,
  center: Point,
  width: number,
  height: number,
  radius: number,
): void {
  context.roundRect(center.x - width / 2, center.y - height / 2, width, height, radius);
}

/** A curve through the waypoints with vertical tangents; straight where they are in one column. */
function tracePath(context: CanvasRenderingContext2D, route: readonly Point[]): void {
  const [start, ...rest] = route;
  if (!start) return;
  context.moveTo(start.x, start.y);
  let from = start;
  for (const to of rest) {
    if (Math.abs(from.x - to.x) < 0.5) {
      context.lineTo(to.x, to.y);
    } else {
      const middle = (from.y + to.y) / 2;
      context.bezierCurveTo(from.x, middle, to.x, middle, to.x, to.y);
    }
    from = to;
  }
}

/** The node at a point of the drawing. */
export function nodeAt(scene: Scene, point: Point): number | undefined {
  const index = scene.network.nodes.findIndex((node, i) => {
    const center = scene.layout.positions[i];
    return (
      center !== undefined &&
      Math.abs(point.x - center.x) <= nodeWidth(node) / 2 &&
      Math.abs(point.y - center.y) <= NODE_HEIGHT / 2
    );
  });
  return index < 0 ? undefined : index;
}
