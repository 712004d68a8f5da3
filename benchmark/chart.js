'use strict'

// SVG charts, by Vega-Lite.

const SIZE = 11
// Legible on GitHub's light and dark pages alike.
const config = { background: '#ffffff', font: 'sans-serif', axis: { labelFontSize: SIZE, titleFontSize: SIZE, labelLimit: 360 }, legend: { labelFontSize: SIZE }, title: { fontSize: 14, anchor: 'start' }, view: { stroke: null } }
const OFFLOOP = '#d9480f'
const OTHERS = ['#748ffc', '#4c6ef5', '#3bc9db', '#868e96', '#69db7c', '#b197fc', '#ffd43b', '#f783ac']

/**
 * Bars of each group's contenders.
 * @param {{ title: string, unit: string, scale: 'log' | 'linear', values: { group: string, peer: string, value: number }[] }} chart
 */
async function barChart({ title, unit, scale, values }) {
  const peers = [...new Set(values.map(({ peer }) => peer))]
  let other = 0
  const colours = peers.map((peer) => peer === 'offloop' ? OFFLOOP : peer === 'idle' || peer === 'the source alone' ? '#dee2e6' : OTHERS[other++ % OTHERS.length])
  const groups = [...new Set(values.map(({ group }) => group))]
  // A logarithmic bar begins somewhere; the same place for all, a decade under the least.
  const least = 10 ** Math.floor(Math.log10(Math.min(...values.map(({ value }) => value))))
  const domain = scale === 'log' ? [least, Math.max(...values.map(({ value }) => value)) * 1.5] : undefined
  return svg({
    title: { text: title, subtitle: scale === 'log' ? `${unit}, logarithmic` : unit, subtitleFontSize: SIZE, offset: 8 },
    spacing: 4,
    vconcat: groups.map((group) => ({
      title: { text: group, fontSize: SIZE, offset: 2 },
      data: { values: values.filter((one) => one.group === group).map((one) => ({ ...one, text: one.value.toLocaleString('en', { maximumSignificantDigits: 3 }) })) },
      width: 520,
      height: { step: 15 },
      encoding: {
        y: { field: 'peer', type: 'nominal', sort: null, axis: { title: null, domain: false, ticks: false, minExtent: 130 } },
        x: { field: 'value', type: 'quantitative', scale: { type: scale, domain, nice: false }, axis: null }
      },
      layer: [
        {
          mark: 'bar',
          encoding: { color: { field: 'peer', type: 'nominal', scale: { domain: peers, range: colours }, legend: null }, ...(domain && { x2: { datum: least } }) }
        },
        { mark: { type: 'text', align: 'left', dx: 3, fontSize: 10 }, encoding: { text: { field: 'text', type: 'nominal' } } }
      ]
    }))
  })
}

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.unit
 * @param {{ field: string, title: string }} chart.across which property of the values is the time, and its unit
 * @param {({ series: string, value: number } & Record<string, unknown>)[]} chart.values
 */
async function lineChart({ title, unit, across, values }) {
  return svg({
    title,
    data: { values },
    width: 640,
    height: 220,
    mark: { type: 'line', strokeWidth: 1.2 },
    encoding: {
      x: { field: across.field, type: 'quantitative', axis: { title: across.title } },
      y: { field: 'value', type: 'quantitative', scale: { zero: true }, axis: { title: unit } },
      color: { field: 'series', type: 'nominal', sort: null, scale: { range: [OFFLOOP, OTHERS[1]] }, legend: { title: null, orient: 'bottom' } }
    }
  })
}

/** @param {object} spec */
async function svg(spec) {
  const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')])
  const compiled = lite.compile(/** @type {any} */ ({ $schema: 'https://vega.github.io/schema/vega-lite/v6.json', config, ...spec })).spec
  return new vega.View(vega.parse(compiled), { renderer: 'none' }).toSVG()
}

module.exports = { barChart, lineChart }
